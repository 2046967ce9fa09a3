// A bounded queue between two actors: `push` waits while it is full, `shift` waits while it is empty.

import type { Fault } from './fault.ts'

export class BoundedQueue<T> {
  readonly #items: T[] = []
  readonly #limit: number
  #closed: { readonly reason: Fault | undefined } | undefined
  #wakeReaders: (() => void)[] = []
  #wakeWriters: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  get count(): number {
    return this.#items.length
  }

  /** Adds `item`, after waiting for room. Rejects with the reason the queue was closed with. */
  async push(item: T): Promise<void> {
    while (this.#items.length >= this.#limit && this.#closed === undefined) await new Promise<void>((resolve) => this.#wakeWriters.push(resolve))
    if (this.#closed !== undefined) {
      if (this.#closed.reason !== undefined) throw this.#closed.reason
      return
    }
    this.#items.push(item)
    this.#wake(this.#wakeReaders)
  }

  /** The oldest item; `undefined` after a close without a reason once the queue is empty. */
  async shift(): Promise<T | undefined> {
    for (;;) {
      if (this.#closed?.reason !== undefined) throw this.#closed.reason
      const item = this.#items.shift()
      if (item !== undefined) {
        this.#wake(this.#wakeWriters)
        return item
      }
      if (this.#closed !== undefined) return undefined
      await new Promise<void>((resolve) => this.#wakeReaders.push(resolve))
    }
  }

  /** No more items. With a reason, waiting items are dropped and everybody is told it. */
  close(reason?: Fault): void {
    this.#closed ??= { reason }
    this.#wake(this.#wakeReaders)
    this.#wake(this.#wakeWriters)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = await this.shift()
      if (item === undefined) return
      yield item
    }
  }

  #wake(waiters: (() => void)[]): void {
    for (const wake of waiters.splice(0)) wake()
  }
}
