// Makes the headers of tar members: ustar, with an extended header (pax) before it when something does not fit. It writes bytes into one buffer that is
// used again for every member: a dump has millions of them, and strings for each would cost more than reading the files. Format: docs/formats/tar.md
// (POSIX.1-2017, pax; GNU tar manual for sparse files and dump directories).

import { BLOCK_BYTES } from './header.ts'
import { isPlainName, NAME_FIELD_BYTES, PREFIX_FIELD_BYTES, prefixBytesOf, recordBytesOf } from './name-fields.ts'
import { PlainHeader } from './plain-header.ts'

export type MemberType = 'file' | 'hard-link' | 'symlink' | 'character-device' | 'block-device' | 'directory' | 'fifo' | 'dump-directory'

const TYPE_BYTES: Readonly<Record<MemberType, number>> = { file: 0x30, 'hard-link': 0x31, symlink: 0x32, 'character-device': 0x33, 'block-device': 0x34, directory: 0x35, fifo: 0x36, 'dump-directory': 0x44 }

/** What a header says. One object is filled again and again. */
export interface MemberFacts {
  type: MemberType
  /** Begins with `./`; of a directory it ends in a slash. The first `pathBytes` of it count. */
  path: Uint8Array
  pathBytes: number
  /** Of links. */
  target: Uint8Array | undefined
  mode: number
  uid: number
  gid: number
  /** Bytes of data that follow, before padding. */
  dataBytes: number
  /** Seconds since 1970, rounded down, and the nanoseconds beyond. */
  mtimeSeconds: number
  mtimeRest: number
  /** At most 31 bytes. */
  userName: Uint8Array
  groupName: Uint8Array
  deviceMajor: number
  deviceMinor: number
  /** Further records: names and values. */
  records: readonly (readonly [string, Uint8Array])[]
  /** Size with holes, for a sparse file whose data begins with its map (GNU sparse 1.0); else undefined. */
  sparseSize: number | undefined
}

export const NO_BYTES: Uint8Array = new Uint8Array(0)

export function emptyFacts(): MemberFacts {
  return { type: 'file', path: NO_BYTES, pathBytes: 0, target: undefined, mode: 0, uid: 0, gid: 0, dataBytes: 0, mtimeSeconds: 0, mtimeRest: 0, userName: NO_BYTES, groupName: NO_BYTES, deviceMajor: 0, deviceMinor: 0, records: [], sparseSize: undefined }
}

export const SIZE_MAX = 0o77777777777
const ID_MAX = 0o7777777
const SCRATCH_BYTES = 16 * 1024
const SLASH = 0x2f

/** Bytes that `bytes` of data take in an archive. */
export function paddedBytes(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES
}

/** The key and its equals sign. */
const KEYS = { path: Buffer.from('path='), linkpath: Buffer.from('linkpath='), size: Buffer.from('size='), uid: Buffer.from('uid='), gid: Buffer.from('gid='), mtime: Buffer.from('mtime='), major: Buffer.from('GNU.sparse.major=1'), minor: Buffer.from('GNU.sparse.minor=0'), sparseName: Buffer.from('GNU.sparse.name='), realSize: Buffer.from('GNU.sparse.realsize=') }
const EXTENSION_NAME = Buffer.from('././@PaxHeader')
const SPARSE_PREFIX = Buffer.from('./GNUSparseFile/')
const MAGIC = Buffer.from('ustar\x0000', 'latin1')
/** GNU tar takes a contents list for one only behind its own magic; such a header has times where others have the prefix of the name. */
const GNU_MAGIC = Buffer.from('ustar  \0', 'latin1')
const DIGITS = new Uint8Array(24)

export class PaxWriter {
  #bytes = Buffer.alloc(SCRATCH_BYTES)
  #words = new Int32Array(this.#bytes.buffer, this.#bytes.byteOffset, SCRATCH_BYTES / 4)
  /** End of what was written. */
  #at = 0
  readonly #plain: PlainHeader
  readonly #plainList: PlainHeader

  constructor() {
    this.#extensionHeader(PlainHeader.recordBytes)
    const extension = Uint8Array.from(this.#bytes.subarray(0, BLOCK_BYTES))
    this.#ustar(emptyFacts(), 0)
    this.#plain = new PlainHeader(extension, this.#bytes.subarray(0, BLOCK_BYTES), 'file')
    this.#ustar({ ...emptyFacts(), type: 'dump-directory' }, 0)
    this.#plainList = new PlainHeader(extension, this.#bytes.subarray(0, BLOCK_BYTES), 'dump-directory')
  }

  /** The header blocks of a member, good until the next call. */
  header(facts: MemberFacts): Buffer {
    const plain = facts.type === 'dump-directory' ? this.#plainList : this.#plain
    return plain.write(facts) ?? this.#any(facts)
  }

  #any(facts: MemberFacts): Buffer {
    // The records begin behind their own header, which is written when their length is known.
    this.#at = BLOCK_BYTES
    this.#records(facts)
    const recordBytes = this.#at - BLOCK_BYTES
    let start = 0
    if (recordBytes > 0) {
      const padded = paddedBytes(recordBytes)
      this.#room(padded - recordBytes)
      this.#bytes.fill(0, this.#at, BLOCK_BYTES + padded)
      this.#extensionHeader(recordBytes)
      start = BLOCK_BYTES + padded
    }
    this.#at = start
    this.#room(BLOCK_BYTES)
    this.#ustar(facts, start)
    return this.#bytes.subarray(0, start + BLOCK_BYTES)
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const grown = Buffer.alloc(2 ** Math.ceil(Math.log2(this.#at + bytes)))
    this.#bytes.copy(grown, 0, 0, this.#at)
    this.#bytes = grown
    this.#words = new Int32Array(grown.buffer, grown.byteOffset, grown.length / 4)
  }

  #records(facts: MemberFacts): void {
    const { path, pathBytes, target } = facts
    if (facts.sparseSize !== undefined) {
      this.#record(KEYS.major, NO_BYTES, 0)
      this.#record(KEYS.minor, NO_BYTES, 0)
      this.#record(KEYS.sparseName, path, pathBytes)
      this.#numberRecord(KEYS.realSize, facts.sparseSize)
    } else if (!isPlainName(path, 0, pathBytes) || this.#prefixBytes(facts) < 0) this.#record(KEYS.path, path, pathBytes)
    if (target !== undefined && (target.length > NAME_FIELD_BYTES || !isPlainName(target, 0, target.length))) this.#record(KEYS.linkpath, target, target.length)
    if (facts.dataBytes > SIZE_MAX) this.#numberRecord(KEYS.size, facts.dataBytes)
    if (facts.uid > ID_MAX) this.#numberRecord(KEYS.uid, facts.uid)
    if (facts.gid > ID_MAX) this.#numberRecord(KEYS.gid, facts.gid)
    if (facts.mtimeRest !== 0 || facts.mtimeSeconds < 0 || facts.mtimeSeconds > SIZE_MAX) this.#timeRecord(facts.mtimeSeconds, facts.mtimeRest)
    for (const [key, value] of facts.records) this.#record(Buffer.from(`${key}=`, 'latin1'), value, value.length)
  }

  /** `LENGTH KEY=VALUE\n`; the length counts itself. */
  #record(key: Uint8Array, value: Uint8Array, valueBytes: number): void {
    const bytes = recordBytesOf(key.length, valueBytes)
    this.#room(bytes)
    this.#decimal(bytes)
    this.#bytes[this.#at++] = 0x20
    this.#put(key, key.length)
    this.#put(value, valueBytes)
    this.#bytes[this.#at++] = 0x0a
  }

  #put(source: Uint8Array, bytes: number): void {
    const target = this.#bytes
    const at = this.#at
    for (let index = 0; index < bytes; index++) target[at + index] = source[index] ?? 0
    this.#at = at + bytes
  }

  #decimal(value: number): void {
    let count = 0
    let rest = value
    do {
      const next = Math.floor(rest / 10)
      DIGITS[count++] = 0x30 + (rest - next * 10)
      rest = next
    } while (rest > 0)
    while (count > 0) this.#bytes[this.#at++] = DIGITS[--count] ?? 0
  }

  #numberRecord(key: Uint8Array, value: number): void {
    const text = Buffer.from(String(value))
    this.#record(key, text, text.length)
  }

  /** Seconds with nine decimals, or without any. */
  #timeRecord(seconds: number, rest: number): void {
    const isNegative = seconds < 0
    // Below 1970 the number is written as its distance from it.
    const whole = isNegative ? -seconds - (rest > 0 ? 1 : 0) : seconds
    const decimals = isNegative && rest > 0 ? 1_000_000_000 - rest : rest
    let digits = 1
    while (whole >= 10 ** digits) digits++
    const length = KEYS.mtime.length + (isNegative ? 1 : 0) + digits + (decimals > 0 ? 10 : 0) + 2
    this.#room(length + 3)
    this.#decimal(length + 2 > 99 ? length + 3 : length + 2)
    this.#bytes[this.#at++] = 0x20
    this.#put(KEYS.mtime, KEYS.mtime.length)
    if (isNegative) this.#bytes[this.#at++] = 0x2d
    this.#decimal(whole)
    if (decimals > 0) {
      this.#bytes[this.#at] = 0x2e
      let left = decimals
      for (let index = 9; index > 0; index--) {
        const next = Math.floor(left / 10)
        this.#bytes[this.#at + index] = 0x30 + (left - next * 10)
        left = next
      }
      this.#at += 10
    }
    this.#bytes[this.#at++] = 0x0a
  }

  #prefixBytes({ type, path, pathBytes }: MemberFacts): number {
    return prefixBytesOf(path, pathBytes, type !== 'dump-directory')
  }

  #octal(at: number, digits: number, value: number): void {
    const bytes = this.#bytes
    // Ten digits of 32 bits, then those beyond.
    let low = value | 0
    let index = at + digits - 1
    for (let count = 0; count < 10 && index >= at; count++, index--) {
      bytes[index] = 0x30 + (low & 7)
      low >>>= 3
    }
    let high = index >= at ? Math.floor(value / 2 ** 30) : 0
    for (; index >= at; index--) {
      bytes[index] = 0x30 + (high & 7)
      high >>>= 3
    }
  }

  #checkSum(start: number): void {
    const bytes = this.#bytes
    bytes.fill(0x20, start + 148, start + 156)
    // Two sums of 16 bits in one number.
    let sums = 0
    const words = this.#words
    for (let index = start / 4; index < start / 4 + BLOCK_BYTES / 4; index++) {
      const word = words[index] ?? 0
      sums = (sums + (word & 0x00ff00ff) + ((word >>> 8) & 0x00ff00ff)) | 0
    }
    this.#octal(start + 148, 6, (sums & 0xffff) + (sums >>> 16))
    bytes[start + 154] = 0
    bytes[start + 155] = 0x20
  }

  #common(start: number, type: number, mode: number, size: number): void {
    const bytes = this.#bytes
    this.#octal(start + 100, 7, mode)
    this.#octal(start + 124, 11, size)
    bytes[start + 156] = type
    bytes.set(MAGIC, start + 257)
  }

  #extensionHeader(recordBytes: number): void {
    this.#bytes.fill(0, 0, BLOCK_BYTES)
    this.#bytes.set(EXTENSION_NAME, 0)
    this.#octal(108, 7, 0)
    this.#octal(116, 7, 0)
    this.#octal(136, 11, 0)
    this.#common(0, 0x78, 0o644, recordBytes)
    this.#checkSum(0)
  }

  #ustar(facts: MemberFacts, start: number): void {
    const bytes = this.#bytes
    bytes.fill(0, start, start + BLOCK_BYTES)
    this.#name(facts, start)
    this.#common(start, TYPE_BYTES[facts.type], facts.mode, facts.dataBytes > SIZE_MAX ? 0 : facts.dataBytes)
    this.#octal(start + 108, 7, facts.uid > ID_MAX ? 0 : facts.uid)
    this.#octal(start + 116, 7, facts.gid > ID_MAX ? 0 : facts.gid)
    const mtime = Math.min(Math.max(0, facts.mtimeSeconds), SIZE_MAX)
    this.#octal(start + 136, 11, mtime)
    if (facts.type === 'dump-directory') {
      bytes.set(GNU_MAGIC, start + 257)
      // Of access and of change.
      this.#octal(start + 345, 11, mtime)
      this.#octal(start + 357, 11, mtime)
    }
    if (facts.target !== undefined) this.#field(facts.target, facts.target.length, start + 157, NAME_FIELD_BYTES)
    this.#field(facts.userName, facts.userName.length, start + 265, 31)
    this.#field(facts.groupName, facts.groupName.length, start + 297, 31)
    this.#octal(start + 329, 7, Math.min(facts.deviceMajor, ID_MAX))
    this.#octal(start + 337, 7, Math.min(facts.deviceMinor, ID_MAX))
    this.#checkSum(start)
  }

  #field(source: Uint8Array, length: number, at: number, room: number): void {
    const target = this.#bytes
    const count = Math.min(length, room)
    for (let index = 0; index < count; index++) target[at + index] = source[index] ?? 0
  }

  /** The name as far as it fits; where it does not, a record has the whole. */
  #name(facts: MemberFacts, start: number): void {
    const { path, pathBytes } = facts
    if (facts.sparseSize !== undefined) {
      this.#field(SPARSE_PREFIX, SPARSE_PREFIX.length, start, NAME_FIELD_BYTES)
      const slash = path.lastIndexOf(SLASH, pathBytes - 1) + 1
      this.#field(path.subarray(slash, pathBytes), pathBytes - slash, start + SPARSE_PREFIX.length, NAME_FIELD_BYTES - SPARSE_PREFIX.length)
      return
    }
    const slash = this.#prefixBytes(facts)
    if (slash <= 0) {
      this.#field(path, pathBytes, start, NAME_FIELD_BYTES)
      // A name that is cut behind a slash would make a directory of a file.
      if (pathBytes > NAME_FIELD_BYTES && path[NAME_FIELD_BYTES - 1] === SLASH) this.#bytes[start + NAME_FIELD_BYTES - 1] = 0
      return
    }
    this.#field(path, slash, start + 345, PREFIX_FIELD_BYTES)
    const name = path.subarray(slash + 1, pathBytes)
    this.#field(name, name.length, start, NAME_FIELD_BYTES)
  }
}
