// Writes the operations of a recipe (recipe.ts) one behind the other into a buffer that grows. What was written is taken out between any two operations.

import { assert } from '../../kernel/assert.ts'
import { HEADER_RECORDS_BYTES_MAX, ID_BYTES, LITERAL_BYTES_MAX, NAME_BYTES_MAX, SEGMENT_BYTES_MAX } from './limits.ts'
import { FIELDS_BYTES, HEADER_NUMBERS_BYTES } from './recipe-header.ts'
import { DIRECTORY_CODE, HEADER_CODE, LITERAL_CODE, MEMBER_CODE, SEGMENT_CODE, ZEROS_CODE, type HeaderParts } from './recipe.ts'

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

  /** `up` names less than the directory before, and `path` behind the rest. */
  directory(up: number, path: Uint8Array): void {
    assert(path.length <= NAME_BYTES_MAX, 'the path of a directory is bounded')
    this.#reserve(4 + path.length)
    this.#bytes[this.#length++] = DIRECTORY_CODE
    this.#bytes[this.#length++] = up
    this.#length = this.#bytes.writeUInt16LE(path.length, this.#length)
    this.#put(path)
  }

  header({ name, fields, link, rest, records }: HeaderParts): void {
    assert(fields.length === FIELDS_BYTES && name.length <= NAME_BYTES_MAX && records.length <= HEADER_RECORDS_BYTES_MAX, 'the parts of a header are bounded')
    this.#reserve(1 + HEADER_NUMBERS_BYTES + name.length + fields.length + link.length + rest.length + records.length)
    this.#bytes[this.#length++] = HEADER_CODE
    this.#length = this.#bytes.writeUInt16LE(name.length, this.#length)
    this.#length = this.#bytes.writeUInt16LE(records.length, this.#length)
    this.#bytes[this.#length++] = link.length
    this.#bytes[this.#length++] = rest.length
    for (const part of [name, fields, link, rest, records]) this.#put(part)
  }

  /** What was written; lent until the next operation. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  #put(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
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
