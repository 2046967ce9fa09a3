// Headers of tar members in a recipe without the names of their directories, so that what a directory holds has the same recipe wherever the directory lies. A HEADER operation is
//
//   06 · u16 bytes of the name · u16 of the records · u8 of the link · u8 of the rest · name · 49 bytes · link · rest · records
//
// and stands for the blocks that wire/tar/pax-writer.ts makes (docs/formats/vault.md, "Headers"): the 49 bytes are those at 100 to 147 and at 156 of the header, the link those from 157
// on, the rest those from 257 on, both without the zeros at their end; the records are those of the extended header but for the path's.

import { Fault } from '../../kernel/fault.ts'
import { BLOCK_BYTES } from '../tar/header.ts'
import { isPlainName, NAME_FIELD_BYTES, prefixBytesOf, recordBytesOf } from '../tar/name-fields.ts'
import { paddedBytes } from '../tar/pax-writer.ts'
import { HEADER_RECORDS_BYTES_MAX, NAME_BYTES_MAX } from './limits.ts'
import { UP_ALL } from './recipe.ts'

export const HEADER_NUMBERS_BYTES = 6
export const FIELDS_BYTES = 49
export const MODE_AT = 100
export const SUM_AT = 148
export const TYPE_AT = 156
export const LINK_AT = 157
export const REST_AT = 257
export const PREFIX_AT = 345
export const SIZE_AT = 124
const SLASH = 0x2f
const ZERO_DIGIT = 0x30
const BLANK = 0x20
const PATH_KEY = Buffer.from('path=')

/** The header of extended headers, with neither size nor checksum; and the sum of its bytes, the place of the checksum being blanks. */
const EXTENSION = Buffer.alloc(BLOCK_BYTES)
EXTENSION.write('././@PaxHeader', 0, 'latin1')
EXTENSION.write('0000644\x000000000\x000000000\x0000000000000\x0000000000000\0', MODE_AT, 'latin1')
EXTENSION.write(' '.repeat(TYPE_AT - SUM_AT), SUM_AT, 'latin1')
EXTENSION.write('x', TYPE_AT, 'latin1')
EXTENSION.write('ustar\x0000', REST_AT, 'latin1')
const EXTENSION_SUM = EXTENSION.reduce((sum, byte) => sum + byte, 0)

const damaged = (what: string): Fault => new Fault('vault-damaged', `a recipe has ${what}`)

/** Where the parts of a HEADER operation lie. */
export class HeaderPlaces {
  nameAt = 0
  nameBytes = 0
  fieldsAt = 0
  linkAt = 0
  restAt = 0
  recordsAt = 0
  end = 0

  /** Of the one whose code is before `at`; false when it is not all there up to `limit`. Throws `vault-damaged` when it is none. */
  read(bytes: Uint8Array, at: number, limit: number): boolean {
    if (at + HEADER_NUMBERS_BYTES > limit) return false
    this.nameBytes = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
    const recordBytes = (bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8)
    const linkBytes = bytes[at + 4] ?? 0
    if (this.nameBytes > NAME_BYTES_MAX || recordBytes > HEADER_RECORDS_BYTES_MAX || linkBytes > NAME_FIELD_BYTES) throw damaged('a header that is too large')
    this.nameAt = at + HEADER_NUMBERS_BYTES
    this.fieldsAt = this.nameAt + this.nameBytes
    this.linkAt = this.fieldsAt + FIELDS_BYTES
    this.restAt = this.linkAt + linkBytes
    this.recordsAt = this.restAt + (bytes[at + 5] ?? 0)
    this.end = this.recordsAt + recordBytes
    if (this.end > limit) return false
    if ((linkBytes > 0 && bytes[this.restAt - 1] === 0) || (this.recordsAt > this.restAt && bytes[this.recordsAt - 1] === 0)) throw damaged('a header with zeros at the end of a part')
    return true
  }
}

function putOctal(target: Uint8Array, at: number, digits: number, value: number): void {
  let rest = value
  for (let index = at + digits - 1; index >= at; index--) {
    target[index] = ZERO_DIGIT + (rest & 7)
    rest >>>= 3
  }
}

function putSum(target: Uint8Array, start: number, sum: number): void {
  putOctal(target, start + SUM_AT, 6, sum)
  target[start + SUM_AT + 6] = 0
  target[start + SUM_AT + 7] = BLANK
}

/** Knows the directory that operations are in, and makes header blocks. */
export class HeaderMaker {
  /** The directory; behind it the name of the member that is made. */
  #path = Buffer.alloc(2 * NAME_BYTES_MAX)
  #directoryBytes = 0
  #isPlainDirectory = true
  readonly #places: HeaderPlaces
  #bytes: Uint8Array = this.#path
  /** Of the member that was measured: bytes of its path and of its path's record, and where its prefix ends. */
  #pathBytes = 0
  #pathRecordBytes = 0
  #prefixBytes = 0

  /** Makes headers of what `places` was read from. */
  constructor(places: HeaderPlaces) {
    this.#places = places
  }

  /** A view, good until the directory is another. */
  get directory(): Uint8Array {
    return this.#path.subarray(0, this.#directoryBytes)
  }

  /** The directory that an entry of the recipe names. */
  enter(directory: Uint8Array): void {
    this.#path.set(directory)
    this.#directoryBytes = directory.length
    this.#isPlainDirectory = isPlainName(this.#path, 0, this.#directoryBytes)
  }

  /** As a DIRECTORY operation says. Throws `vault-damaged`. */
  move(up: number, path: Uint8Array): void {
    let kept = up === UP_ALL ? 0 : this.#directoryBytes
    for (let count = up === UP_ALL ? 0 : up; count > 0; count--) {
      if (kept === 0) throw damaged('a directory above the first')
      kept = kept < 2 ? 0 : this.#path.lastIndexOf(SLASH, kept - 2) + 1
    }
    if (kept + path.length > NAME_BYTES_MAX) throw damaged('a directory with too long a path')
    this.#path.set(path, kept)
    this.#directoryBytes = kept + path.length
    this.#isPlainDirectory = isPlainName(this.#path, 0, this.#directoryBytes)
  }

  /** Bytes of the header blocks of the operation that the places tell, which lies in `bytes`. */
  measure(bytes: Uint8Array): number {
    const { nameAt, nameBytes, restAt, recordsAt, end } = this.#places
    this.#bytes = bytes
    const path = this.#path
    let at = this.#directoryBytes
    for (let from = nameAt; from < nameAt + nameBytes; from++) path[at++] = bytes[from] ?? 0
    this.#pathBytes = at
    // A header whose rest is long has something else where others have the prefix.
    this.#prefixBytes = prefixBytesOf(path, at, recordsAt - restAt <= PREFIX_AT - REST_AT)
    const fits = this.#prefixBytes >= 0 && this.#isPlainDirectory && isPlainName(path, this.#directoryBytes, at)
    this.#pathRecordBytes = fits ? 0 : recordBytesOf(PATH_KEY.length, at)
    if (!fits) this.#prefixBytes = Math.max(0, this.#prefixBytes)
    const records = this.#pathRecordBytes + end - recordsAt
    return BLOCK_BYTES + (records === 0 ? 0 : BLOCK_BYTES + paddedBytes(records))
  }

  /** Writes what was measured, `count` bytes, at `start` of `target`. */
  write(target: Uint8Array, start: number, count: number): void {
    const { recordsAt, end } = this.#places
    const bytes = this.#bytes
    target.fill(0, start, start + count)
    let at = start
    const recordBytes = this.#pathRecordBytes + end - recordsAt
    if (recordBytes > 0) {
      target.set(EXTENSION, at)
      putOctal(target, at + SIZE_AT, 11, recordBytes)
      let sum = EXTENSION_SUM
      for (let index = at + SIZE_AT; index < at + SIZE_AT + 11; index++) sum += (target[index] ?? 0) - ZERO_DIGIT
      putSum(target, at, sum)
      at += BLOCK_BYTES
      if (this.#pathRecordBytes > 0) at = this.#putPathRecord(target, at)
      target.set(bytes.subarray(recordsAt, end), at)
    }
    this.#putHeader(target, start + count - BLOCK_BYTES)
  }

  #putPathRecord(target: Uint8Array, start: number): number {
    let at = start
    for (const digit of String(this.#pathRecordBytes)) target[at++] = digit.charCodeAt(0)
    target[at++] = BLANK
    target.set(PATH_KEY, at)
    at += PATH_KEY.length
    target.set(this.#path.subarray(0, this.#pathBytes), at)
    at += this.#pathBytes
    target[at++] = 0x0a
    return at
  }

  #putHeader(target: Uint8Array, start: number): void {
    const { fieldsAt, linkAt, restAt, recordsAt } = this.#places
    const bytes = this.#bytes
    let sum = BLANK * (TYPE_AT - SUM_AT)
    const put = (source: Uint8Array, from: number, to: number, place: number): void => {
      let at = start + place
      for (let index = from; index < to; index++) {
        const byte = source[index] ?? 0
        target[at++] = byte
        sum += byte
      }
    }
    const nameAt = this.#prefixBytes === 0 ? 0 : this.#prefixBytes + 1
    let nameEnd = Math.min(this.#pathBytes, nameAt + NAME_FIELD_BYTES)
    // A name that is cut behind a slash would make a directory of a file.
    if (nameEnd < this.#pathBytes && this.#path[nameEnd - 1] === SLASH) nameEnd--
    put(this.#path, nameAt, nameEnd, 0)
    put(bytes, fieldsAt, fieldsAt + FIELDS_BYTES - 1, MODE_AT)
    put(bytes, fieldsAt + FIELDS_BYTES - 1, fieldsAt + FIELDS_BYTES, TYPE_AT)
    put(bytes, linkAt, restAt, LINK_AT)
    put(bytes, restAt, recordsAt, REST_AT)
    put(this.#path, 0, this.#prefixBytes, PREFIX_AT)
    putSum(target, start, sum)
  }
}
