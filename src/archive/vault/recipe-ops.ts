// Operations of a recipe (docs/formats/vault.md) as bytes in one buffer that is used again for every member: a dump has millions of them. What the same member
// gives is the same bytes each time, so a recipe of what did not change is the same as before.

import { HEADER_RECORDS_BYTES_MAX, ID_BYTES, LITERAL_BYTES_MAX, NAME_BYTES_MAX } from '../../wire/vault/limits.ts'
import { FIELDS_BYTES, HEADER_NUMBERS_BYTES, LINK_AT, MODE_AT, PREFIX_AT, REST_AT, SIZE_AT, SUM_AT, TYPE_AT } from '../../wire/vault/recipe-header.ts'
import { DIRECTORY_CODE, HEADER_CODE, LITERAL_CODE, MEMBER_CODE, SEGMENT_CODE, UP_ALL, ZEROS_CODE } from '../../wire/vault/recipe.ts'

const BLOCK_BYTES = 512
const FIRST_BYTES = 16 * 1024
/** What is kept for the next member. */
const KEPT_BYTES = 512 * 1024
/** Longest number, and the byte of the operation. */
const OP_BYTES_MAX = 1 + 8
/** Words of zeros that are worth an operation of their own. */
const ZERO_WORDS_MIN = 2

/** Of a header's octal digits. */
function sizeOf(header: Uint8Array): number {
  let size = 0
  for (let at = SIZE_AT; at < SIZE_AT + 11; at++) size = size * 8 + ((header[at] ?? 0) & 7)
  return size
}

/** Where the records begin that are not the path's, which is the first if there is one. */
function behindPath(source: Uint8Array): number {
  let length = 0
  let at = BLOCK_BYTES
  for (let digit = source[at] ?? 0; digit >= 0x30; digit = source[++at] ?? 0) length = length * 10 + (digit & 0xf)
  const isPath = source[at + 1] === 0x70 && source[at + 2] === 0x61 && source[at + 3] === 0x74 && source[at + 4] === 0x68 && source[at + 5] === 0x3d
  return isPath ? BLOCK_BYTES + length : BLOCK_BYTES
}

/** The end without zeros. */
function endOf(bytes: Uint8Array, start: number, end: number): number {
  let at = end
  while (at > start && bytes[at - 1] === 0) at--
  return at
}

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
    this.#bytes[this.#at++] = MEMBER_CODE
  }

  /** What follows is in the directory whose path is the first `pathBytes` of `path`. */
  directory(path: Uint8Array, pathBytes: number): void {
    this.#room(4 + pathBytes)
    const bytes = this.#bytes
    bytes[this.#at++] = DIRECTORY_CODE
    bytes[this.#at++] = UP_ALL
    bytes[this.#at++] = pathBytes & 0xff
    bytes[this.#at++] = pathBytes >>> 8
    this.#put(path, 0, pathBytes)
  }

  /** Header blocks of wire/tar/pax-writer.ts, for a path whose first `directoryBytes` are the directory's. False: they cannot be said so, and are not written. */
  header(source: Uint8Array, path: Uint8Array, directoryBytes: number, pathBytes: number): boolean {
    const own = source.length - BLOCK_BYTES
    const nameBytes = pathBytes - directoryBytes
    const recordsEnd = own === 0 ? 0 : BLOCK_BYTES + sizeOf(source)
    const recordsAt = own === 0 ? 0 : behindPath(source)
    if (nameBytes > NAME_BYTES_MAX || recordsEnd - recordsAt > HEADER_RECORDS_BYTES_MAX) return false
    // Behind GNU tar's own magic are times, behind the other the prefix of the name.
    const restEnd = endOf(source, own + REST_AT, source[own + REST_AT + 5] === 0 ? own + PREFIX_AT : source.length)
    const linkEnd = endOf(source, own + LINK_AT, own + REST_AT)
    this.#room(1 + HEADER_NUMBERS_BYTES + nameBytes + FIELDS_BYTES + BLOCK_BYTES + recordsEnd - recordsAt)
    const bytes = this.#bytes
    bytes[this.#at++] = HEADER_CODE
    bytes[this.#at++] = nameBytes & 0xff
    bytes[this.#at++] = nameBytes >>> 8
    bytes[this.#at++] = (recordsEnd - recordsAt) & 0xff
    bytes[this.#at++] = (recordsEnd - recordsAt) >>> 8
    bytes[this.#at++] = linkEnd - own - LINK_AT
    bytes[this.#at++] = restEnd - own - REST_AT
    this.#put(path, directoryBytes, pathBytes)
    this.#put(source, own + MODE_AT, own + SUM_AT)
    this.#put(source, own + TYPE_AT, linkEnd)
    this.#put(source, own + REST_AT, restEnd)
    this.#put(source, recordsAt, recordsEnd)
    return true
  }

  zeros(count: number): void {
    if (count === 0) return
    this.#room(OP_BYTES_MAX)
    this.#bytes[this.#at++] = ZEROS_CODE
    this.#number(count)
  }

  segment(id: Uint8Array, length: number, crc: number): void {
    this.#room(OP_BYTES_MAX + ID_BYTES + 4)
    const bytes = this.#bytes
    bytes[this.#at++] = SEGMENT_CODE
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
      this.#bytes[this.#at++] = LITERAL_CODE
      this.#number(to - from)
      const bytes = this.#bytes
      if (to - from > 256) bytes.set(source.subarray(from, to), this.#at)
      else for (let at = this.#at, index = from; index < to; index++) bytes[at++] = source[index] ?? 0
      this.#at += to - from
    }
  }

  /** There is room. */
  #put(source: Uint8Array, start: number, end: number): void {
    const bytes = this.#bytes
    let at = this.#at
    for (let index = start; index < end; index++) bytes[at++] = source[index] ?? 0
    this.#at = at
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
