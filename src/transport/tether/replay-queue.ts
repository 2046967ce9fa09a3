// Numbered things kept until they are acknowledged. Numbers start at 1 and have no gaps. Every operation is O(1), or O(1) for each
// item it drops.

import { assert } from '../../kernel/assert.ts'

export class ReplayQueue<T> {
  #items: (T | undefined)[] = []
  #head = 0
  #firstSeq = 1

  /** Number of the newest item ever added; 0: none. */
  get lastSeq(): number {
    return this.#firstSeq + this.count - 1
  }

  /** Number of the newest item acknowledged; 0: none. */
  get ackedSeq(): number {
    return this.#firstSeq - 1
  }

  get count(): number {
    return this.#items.length - this.#head
  }

  /** Adds the item that has the number `lastSeq + 1`. */
  push(item: T): void {
    this.#items.push(item)
  }

  /** The item with a number that is kept. */
  at(seq: number): T {
    const item = this.#items[this.#head + seq - this.#firstSeq]
    assert(item !== undefined, 'a replayed number is kept')
    return item
  }

  /** Drops the oldest item and returns it. */
  shift(): T {
    const item = this.#items[this.#head]
    assert(item !== undefined, 'an item is there to drop')
    this.#items[this.#head] = undefined
    this.#head += 1
    this.#firstSeq += 1
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
