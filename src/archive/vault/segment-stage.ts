// Cuts what a thread reads into segments. Content lies in one memory of 16 MiB, in two halves: while segments of one half wait for the answer whether the vault
// has them, the other is filled. Small files are one segment each, so that metadata alone proves them unchanged and a copy anywhere is found; larger ones
// are cut by content. What cannot be cut yet when a half is full is moved to the other.

import { crc32c } from '@node-rs/crc32'
import { QUERY_IDS_MAX, SMALL_FILE_BYTES } from '../../wire/vault/limits.ts'
import type { SegmentKnowledge } from './segment-knowledge.ts'

/** Cuts content that lies in `memory`, which is at least `STAGE_BYTES` long. */
export interface Cutter {
  readonly memory: Uint8Array
  /** Of a file of so many bytes. */
  begin(fileBytes: number): void
  /** Where the segment that begins at `start` ends; -1 when that cannot be told of what is there up to `end`, which is not the end of the file. */
  cut(start: number, end: number, isEnd: boolean): number
}

const HALF_BYTES = 8 * 1024 * 1024
export const STAGE_BYTES = 2 * HALF_BYTES

export interface StageParts {
  readonly cutter: Cutter
  readonly knowledge: SegmentKnowledge
  /** Id of a segment. */
  readonly idOf: (bytes: Uint8Array) => Uint8Array
  /** A segment of the content, in order. */
  readonly take: (id: Uint8Array, length: number, crc: number) => void
  /** The vault has not got it. The bytes are lent. */
  readonly store: (id: Uint8Array, bytes: Uint8Array) => void
}

/** Segments of one half that the vault may have. */
class Doubtful {
  readonly ids = new Uint8Array(32 * QUERY_IDS_MAX)
  readonly places = new Uint32Array(2 * QUERY_IDS_MAX)
  count = 0
  query: number | undefined

  add(id: Uint8Array, start: number, length: number): void {
    this.ids.set(id, 32 * this.count)
    this.places[2 * this.count] = start
    this.places[2 * this.count + 1] = length
    this.count++
  }
}

export class SegmentStage {
  readonly #parts: StageParts
  readonly #memory: Uint8Array
  readonly #doubtful: readonly [Doubtful, Doubtful] = [new Doubtful(), new Doubtful()]
  #half: 0 | 1 = 0
  #at = 0
  /** Where what is not cut yet begins. */
  #start = 0
  /** Of the file, some segments were cut already. */
  #isCut = false

  constructor(parts: StageParts) {
    this.#parts = parts
    this.#memory = parts.cutter.memory
  }

  get target(): Uint8Array {
    if (this.room === 0) {
      this.#cut(false)
      this.#turn()
    }
    return this.#memory
  }

  get at(): number {
    return this.#at
  }

  get room(): number {
    return (this.#half + 1) * HALF_BYTES - this.#at
  }

  advance(bytes: number): void {
    this.#at += bytes
  }

  /** A file of so many bytes begins. */
  begin(fileBytes: number): void {
    if (this.room <= SMALL_FILE_BYTES) this.#turn()
    this.#isCut = false
    this.#parts.cutter.begin(fileBytes)
  }

  /** The content ends here. */
  end(): void {
    if (this.#at > this.#start) this.#cut(true)
    this.#isCut = false
  }

  /** Waits for what is not answered yet. */
  settle(): void {
    const [first, second] = this.#doubtful
    this.#ask(this.#doubtful[this.#half])
    for (const doubtful of this.#half === 0 ? [second, first] : [first, second]) this.#resolve(doubtful)
  }

  #cut(isEnd: boolean): void {
    if (isEnd && !this.#isCut && this.#at - this.#start < SMALL_FILE_BYTES) {
      this.#segment(this.#start, this.#at)
      this.#start = this.#at
      return
    }
    while (this.#start < this.#at) {
      const end = this.#parts.cutter.cut(this.#start, this.#at, isEnd)
      if (end < 0) return
      this.#segment(this.#start, end)
      this.#start = end
      this.#isCut = true
    }
  }

  #segment(start: number, end: number): void {
    const { knowledge, idOf, take, store } = this.#parts
    const bytes = this.#memory.subarray(start, end)
    const id = idOf(bytes)
    take(id, end - start, crc32c(bytes))
    const answer = knowledge.isKnown(id)
    if (answer === 'no') store(id, bytes)
    else if (answer === 'ask') {
      const doubtful = this.#doubtful[this.#half]
      doubtful.add(id, start, end - start)
      // The content that is here goes on in this half.
      if (doubtful.count === QUERY_IDS_MAX) this.#resolve(doubtful)
    }
  }

  /** Goes on in the other half, or at the start of this one when nothing of it waits: memory that is not needed is not touched. */
  #turn(): void {
    const full = this.#doubtful[this.#half]
    this.#ask(full)
    const next = full.count > 0 ? ((1 - this.#half) as 0 | 1) : this.#half
    this.#resolve(this.#doubtful[next])
    const start = next * HALF_BYTES
    if (this.#at > this.#start) this.#memory.copyWithin(start, this.#start, this.#at)
    this.#at = start + this.#at - this.#start
    this.#start = start
    this.#half = next
  }

  #ask(doubtful: Doubtful): void {
    if (doubtful.count > 0) doubtful.query = this.#parts.knowledge.ask(doubtful.ids.subarray(0, 32 * doubtful.count))
  }

  /** Stores what the vault turns out not to have. */
  #resolve(doubtful: Doubtful): void {
    if (doubtful.count === 0) return
    if (doubtful.query === undefined) this.#ask(doubtful)
    const bits = this.#parts.knowledge.answer(doubtful.query ?? 0)
    for (let index = 0; index < doubtful.count; index++) {
      if (((bits[index >> 3] ?? 0) >> (index & 7) & 1) !== 0) continue
      const start = doubtful.places[2 * index] ?? 0
      this.#parts.store(doubtful.ids.subarray(32 * index, 32 * index + 32), this.#memory.subarray(start, start + (doubtful.places[2 * index + 1] ?? 0)))
    }
    doubtful.count = 0
    doubtful.query = undefined
  }
}
