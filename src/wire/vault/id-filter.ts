// A Bloom filter of ids: what is not in it is not in the vault. Ids are keyed hashes, so their own words are the hash functions.
//
//   u8 version 1, u8 words k (1 to 8), u16 zero, u32 zero; then 2^n bytes of bits, lowest bit first. Of an id the bits are: its i-th little-endian u32 mod the number of bits, i < k.

import { assert } from '../../kernel/assert.ts'
import { Fault } from '../../kernel/fault.ts'
import { FILTER_BYTES_MAX, ID_BYTES } from './limits.ts'

const VERSION = 1
const HEAD_BYTES = 8
const BITS_BYTES_MIN = 64
/** One id in a hundred or fewer is asked for in vain. */
const BITS_PER_ID = 10
const WORDS_MAX = 8

export class IdFilter {
  readonly #bytes: Uint8Array
  readonly #bits: Uint8Array
  readonly #mask: number
  readonly #words: number

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#bits = bytes.subarray(HEAD_BYTES)
    this.#mask = this.#bits.length * 8 - 1
    this.#words = bytes[1] ?? 0
  }

  /** An empty filter for `count` ids; undefined when it would be larger than FILTER_BYTES_MAX. */
  static create(count: number): IdFilter | undefined {
    let size = BITS_BYTES_MIN
    while (size * 8 < count * BITS_PER_ID) size *= 2
    if (size + HEAD_BYTES > FILTER_BYTES_MAX) return undefined
    const bytes = new Uint8Array(HEAD_BYTES + size)
    bytes[0] = VERSION
    bytes[1] = Math.max(1, Math.min(WORDS_MAX, Math.round((size * 8 * Math.LN2) / Math.max(1, count))))
    return new IdFilter(bytes)
  }

  /** Over `bytes`, which are not copied. */
  static decode(bytes: Uint8Array): IdFilter {
    const size = bytes.length - HEAD_BYTES
    const words = bytes[1] ?? 0
    if (bytes.length > FILTER_BYTES_MAX || size < BITS_BYTES_MIN || !Number.isInteger(Math.log2(size)) || bytes[0] !== VERSION || words < 1 || words > WORDS_MAX) throw new Fault('wire-malformed', 'this is not a filter of ids')
    return new IdFilter(bytes)
  }

  /** With head; not copied. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** The id is the 32 bytes of `ids` from `offset` on. */
  add(ids: Uint8Array, offset = 0): void {
    assert(offset + ID_BYTES <= ids.length, 'an id has 32 bytes')
    for (let word = 0; word < this.#words; word++) {
      const bit = wordAt(ids, offset + word * 4) & this.#mask
      this.#bits[bit >>> 3] = (this.#bits[bit >>> 3] ?? 0) | (1 << (bit & 7))
    }
  }

  /** False: it was never added. */
  mayHave(ids: Uint8Array, offset = 0): boolean {
    for (let word = 0; word < this.#words; word++) {
      const bit = wordAt(ids, offset + word * 4) & this.#mask
      if (((this.#bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false
    }
    return true
  }
}

/** Not as a large number: only bits of it are used. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}
