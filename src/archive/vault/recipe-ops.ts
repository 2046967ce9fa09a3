// Operations of a recipe (docs/formats/vault.md) as bytes in one buffer that is used again for every member: a dump has millions of them. What the same member
// gives is the same bytes each time, so a recipe of what did not change is the same as before.

import { ID_BYTES, LITERAL_BYTES_MAX } from '../../wire/vault/limits.ts'

const OP_LITERAL = 1
const OP_ZEROS = 2
const OP_SEGMENT = 3
const OP_MEMBER = 4
const FIRST_BYTES = 16 * 1024
/** What is kept for the next member. */
const KEPT_BYTES = 512 * 1024
/** Longest number, and the byte of the operation. */
const OP_BYTES_MAX = 1 + 8
/** Words of zeros that are worth an operation of their own. */
const ZERO_WORDS_MIN = 2

export class RecipeOps {
  #bytes = new Uint8Array(FIRST_BYTES)
  #at = 0

  get length(): number {
    return this.#at
  }

  /** Good until the next operation. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  clear(): void {
    this.#at = 0
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = new Uint8Array(FIRST_BYTES)
  }

  member(): void {
    this.#room(1)
    this.#bytes[this.#at++] = OP_MEMBER
  }

  zeros(count: number): void {
    if (count === 0) return
    this.#room(OP_BYTES_MAX)
    this.#bytes[this.#at++] = OP_ZEROS
    this.#number(count)
  }

  segment(id: Uint8Array, length: number, crc: number): void {
    this.#room(OP_BYTES_MAX + ID_BYTES + 4)
    const bytes = this.#bytes
    bytes[this.#at++] = OP_SEGMENT
    let at = this.#at
    for (let index = 0; index < ID_BYTES; index++) bytes[at++] = id[index] ?? 0
    this.#at = at
    this.#number(length)
    at = this.#at
    bytes[at++] = crc & 0xff
    bytes[at++] = (crc >>> 8) & 0xff
    bytes[at++] = (crc >>> 16) & 0xff
    bytes[at++] = crc >>> 24
    this.#at = at
  }

  /** `source` as it is, its runs of zeros as such. */
  data(source: Uint8Array): void {
    if (source.byteOffset % 4 !== 0 || source.length % 4 !== 0) {
      this.literal(source, 0, source.length)
      return
    }
    const words = new Int32Array(source.buffer, source.byteOffset, source.length / 4)
    let start = 0
    for (let word = 0; word < words.length; ) {
      if (words[word] !== 0) {
        word++
        continue
      }
      let end = word + 1
      while (end < words.length && words[end] === 0) end++
      if (end - word >= ZERO_WORDS_MIN) {
        this.literal(source, 4 * start, 4 * word)
        this.zeros(4 * (end - word))
        start = end
      }
      word = end
    }
    this.literal(source, 4 * start, source.length)
  }

  literal(source: Uint8Array, start: number, end: number): void {
    for (let from = start; from < end; from += LITERAL_BYTES_MAX) {
      const to = Math.min(end, from + LITERAL_BYTES_MAX)
      this.#room(OP_BYTES_MAX + to - from)
      this.#bytes[this.#at++] = OP_LITERAL
      this.#number(to - from)
      const bytes = this.#bytes
      if (to - from > 256) bytes.set(source.subarray(from, to), this.#at)
      else for (let at = this.#at, index = from; index < to; index++) bytes[at++] = source[index] ?? 0
      this.#at += to - from
    }
  }

  #number(value: number): void {
    const bytes = this.#bytes
    let rest = value
    while (rest >= 0x80) {
      const next = Math.floor(rest / 0x80)
      bytes[this.#at++] = (rest - next * 0x80) | 0x80
      rest = next
    }
    bytes[this.#at++] = rest
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + bytes))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
  }
}
