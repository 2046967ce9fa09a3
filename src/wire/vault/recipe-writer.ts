// Writes the operations of a recipe (recipe.ts) one behind the other into a buffer that grows. What was written is taken out between any two operations.

import { assert } from '../../kernel/assert.ts'
import { ID_BYTES, LITERAL_BYTES_MAX, SEGMENT_BYTES_MAX } from './limits.ts'
import { LITERAL_CODE, MEMBER_CODE, SEGMENT_CODE, ZEROS_CODE } from './recipe.ts'

/** Of a LEB128 number below 2^53, and the code. */
const HEAD_BYTES_MAX = 9
const CAPACITY = 64 * 1024

export class RecipeWriter {
  #bytes = Buffer.allocUnsafeSlow(CAPACITY)
  #length = 0

  /** Bytes since the start or the last `clear`. */
  get length(): number {
    return this.#length
  }

  /** Any number of bytes: more than one operation can hold become several. */
  literal(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += LITERAL_BYTES_MAX) {
      const count = Math.min(LITERAL_BYTES_MAX, bytes.length - at)
      this.#reserve(HEAD_BYTES_MAX + count)
      this.#bytes[this.#length++] = LITERAL_CODE
      this.#number(count)
      this.#bytes.set(count === bytes.length ? bytes : bytes.subarray(at, at + count), this.#length)
      this.#length += count
    }
  }

  zeros(count: number): void {
    if (count === 0) return
    assert(Number.isSafeInteger(count) && count > 0, 'zeros are counted')
    this.#reserve(HEAD_BYTES_MAX)
    this.#bytes[this.#length++] = ZEROS_CODE
    this.#number(count)
  }

  /** The id is the 32 bytes of `ids` from `idOffset` on. */
  segment(ids: Uint8Array, idOffset: number, length: number, crc: number): void {
    assert(length > 0 && length <= SEGMENT_BYTES_MAX, 'a segment has bytes, and not too many')
    this.#reserve(HEAD_BYTES_MAX + ID_BYTES + 4)
    this.#bytes[this.#length++] = SEGMENT_CODE
    this.#bytes.set(ids.subarray(idOffset, idOffset + ID_BYTES), this.#length)
    this.#length += ID_BYTES
    this.#number(length)
    this.#length = this.#bytes.writeUInt32LE(crc >>> 0, this.#length)
  }

  member(): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = MEMBER_CODE
  }

  /** What was written; lent until the next operation. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  #number(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + count))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
