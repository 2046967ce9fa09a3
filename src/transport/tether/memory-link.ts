// A pair of links joined in memory, without faults: for tests and for an agent in the server's own process.

import type { Clock } from '../../kernel/clock.ts'
import type { LinkSink, RawLink } from './link.ts'

class MemoryLink implements RawLink {
  readonly #clock: Clock
  #sink: LinkSink | undefined
  #early: (() => void)[] = []
  #isDown = false
  peer: MemoryLink | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  attach(sink: LinkSink): void {
    this.#sink = sink
    for (const tell of this.#early.splice(0)) tell()
  }

  send(chunks: readonly Uint8Array[], bytes: number): void {
    const peer = this.peer
    this.#clock.afterPoll(() => {
      if (this.#isDown) return
      this.#sink?.drained(bytes)
      for (const chunk of chunks) peer?.deliver(chunk)
    })
  }

  close(): void {
    const peer = this.peer
    this.#clock.afterPoll(() => {
      this.#fall('closed by this side')
      peer?.fallLater()
    })
  }

  deliver(chunk: Uint8Array): void {
    if (this.#isDown) return
    if (this.#sink === undefined) this.#early.push(() => this.#sink?.bytes(chunk))
    else this.#sink.bytes(chunk)
  }

  fallLater(): void {
    this.#clock.afterPoll(() => this.#fall('closed by the peer'))
  }

  #fall(text: string): void {
    if (this.#isDown) return
    this.#isDown = true
    if (this.#sink === undefined) this.#early.push(() => this.#sink?.down('closed', text))
    else this.#sink.down('closed', text)
  }
}

/** Two ends of one link. */
export function createMemoryLinkPair(clock: Clock): readonly [RawLink, RawLink] {
  const left = new MemoryLink(clock)
  const right = new MemoryLink(clock)
  left.peer = right
  right.peer = left
  return [left, right]
}
