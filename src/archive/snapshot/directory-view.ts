// A directory's record, read in place: nothing is decoded before it is asked for, and comparing an entry makes no object.

import { Fault } from '../../kernel/fault.ts'
import type { DirectoryRecord, EntryKind, FactWords } from './contract.ts'
import * as layout from './record-layout.ts'

/** Longer than a name on any file system. */
const NAME_BYTES_MAX = 4096

/** The bytes of a record's path, from `pathStart` to `pathEnd` of the record. Throws `base-missing` when the record is not whole. */
export interface RecordPlace {
  readonly start: number
  readonly end: number
  readonly pathStart: number
  readonly pathEnd: number
}

/** Where the record that begins at byte `start` of `words` has its end and its path. */
export function recordPlace(words: Int32Array, start: number): RecordPlace {
  const at = start / 4
  const total = words[at + layout.AT_BYTES] ?? -1
  const count = words[at + layout.AT_COUNT] ?? -1
  const pathBytes = words[at + layout.AT_PATH_BYTES] ?? -1
  const namesBytes = words[at + layout.AT_NAMES_BYTES] ?? -1
  if (count < 0 || pathBytes < 0 || namesBytes < count || total < layout.recordBytes(count, namesBytes, pathBytes) || total % 4 !== 0 || start + total > 4 * words.length) {
    throw new Fault('base-missing', 'a directory of the snapshot is damaged')
  }
  const pathStart = start + 4 * (layout.HEADER_WORDS + layout.COLUMNS * count) + count + namesBytes
  return { start, end: start + total, pathStart, pathEnd: pathStart + pathBytes }
}

function bigOf(words: Int32Array, at: number): bigint {
  return (BigInt((words[at + 1] ?? 0) >>> 0) << 32n) | BigInt((words[at] ?? 0) >>> 0)
}

export class DirectoryView implements DirectoryRecord {
  readonly count: number
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  readonly #place: RecordPlace
  /** Word of the header, of the first column; byte of the kinds, of the names, behind the names. */
  readonly #header: number
  readonly #columns: number
  readonly #kinds: number
  readonly #names: number
  readonly #namesEnd: number
  #next = 0

  /** `bytes` are the memory of `words`. */
  constructor(words: Int32Array, place: RecordPlace, bytes: Uint8Array = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)) {
    this.#words = words
    this.#bytes = bytes
    this.#place = place
    this.#header = place.start / 4
    this.count = words[this.#header + layout.AT_COUNT] ?? 0
    this.#columns = this.#header + layout.HEADER_WORDS
    this.#kinds = 4 * (this.#columns + layout.COLUMNS * this.count)
    this.#names = this.#kinds + this.count
    this.#namesEnd = place.pathStart
  }

  /** The record in `bytes`, all of which it is. */
  static of(bytes: Uint8Array): DirectoryView {
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes)
    const words = new Int32Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.length / 4))
    return new DirectoryView(words, recordPlace(words, 0))
  }

  get path(): string {
    const { pathStart, pathEnd } = this.#place
    return pathStart === pathEnd ? '.' : this.#text(pathStart, pathEnd)
  }

  get dev(): bigint {
    return bigOf(this.#words, this.#header + layout.AT_DEV)
  }

  get inode(): bigint {
    return bigOf(this.#words, this.#header + layout.AT_INODE)
  }

  hasInodeOf({ words }: FactWords): boolean {
    const at = this.#header + layout.AT_INODE
    return this.#words[at] === words[layout.STATX_INODE] && this.#words[at + 1] === words[layout.STATX_INODE + 1]
  }

  isUnchangedDirectory(facts: FactWords): boolean {
    return this.hasInodeOf(facts) && this.#hasTime(this.#header + layout.AT_CTIME, 1, facts.words, layout.STATX_CTIME) && this.#hasTime(this.#header + layout.AT_MTIME, 1, facts.words, layout.STATX_MTIME)
  }

  find(bytes: Uint8Array, start: number, end: number): number {
    // Names are mostly asked for in order, and mostly there.
    for (let hint = this.#next; hint < this.count && hint <= this.#next + 1; hint++) {
      const order = this.compareNameAt(hint, bytes, start, end)
      if (order === 0) {
        this.#next = hint + 1
        return hint
      }
      if (order > 0) {
        if (hint === 0 || this.compareNameAt(hint - 1, bytes, start, end) < 0) return -1
        break
      }
    }
    return this.#bisect(bytes, start, end)
  }

  compareNameAt(index: number, bytes: Uint8Array, start: number, end: number): number {
    const all = this.#bytes
    let at = this.#nameStart(index)
    for (let from = start; from < end; from++, at++) {
      const byte = all[at] ?? 0
      const order = byte - (bytes[from] ?? 0)
      // The NUL behind a name is lower than any byte of one.
      if (order !== 0 || byte === 0) return order
    }
    return all[at] === 0 ? 0 : 1
  }

  isUnchanged(index: number, { words }: FactWords): boolean {
    const own = this.#words
    const count = this.count
    let at = this.#columns + index
    if (own[at] !== words[layout.STATX_INODE] || own[at + count] !== words[layout.STATX_INODE + 1]) return false
    at += layout.COLUMN_SIZE * count
    if (own[at] !== words[layout.STATX_SIZE] || own[at + count] !== words[layout.STATX_SIZE + 1]) return false
    at += (layout.COLUMN_CTIME - layout.COLUMN_SIZE) * count
    if (!this.#hasTime(at, count, words, layout.STATX_CTIME)) return false
    if (!this.#hasTime(at + (layout.COLUMN_MTIME - layout.COLUMN_CTIME) * count, count, words, layout.STATX_MTIME)) return false
    return this.kindAt(index) === ((words[layout.STATX_MODE] ?? 0) & 0xf000) >> 12
  }

  kindAt(index: number): EntryKind {
    return this.#bytes[this.#kinds + index] ?? 0
  }

  nameAt(index: number): Uint8Array {
    const start = this.#nameStart(index)
    return this.#bytes.subarray(start, this.#nameEnd(start))
  }

  textAt(index: number): string {
    const start = this.#nameStart(index)
    return this.#text(start, this.#nameEnd(start))
  }

  copyNameAt(index: number, target: Uint8Array, at: number): number {
    const bytes = this.#bytes
    const start = this.#nameStart(index)
    for (let length = 0; length < NAME_BYTES_MAX; length++) {
      const byte = bytes[start + length] ?? 0
      target[at + length] = byte
      if (byte === 0) return length
    }
    return -1
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(this.#place.start, this.#place.end)
  }

  get tail(): Int32Array {
    return this.#words.subarray(Math.ceil(this.#place.pathEnd / 4), this.#place.end / 4)
  }

  #hasTime(at: number, step: number, words: Int32Array, statx: number): boolean {
    const own = this.#words
    return own[at] === words[statx] && own[at + step] === words[statx + 1] && own[at + 2 * step] === words[statx + 2]
  }

  #bisect(bytes: Uint8Array, start: number, end: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = this.compareNameAt(middle, bytes, start, end)
      if (order === 0) {
        this.#next = middle + 1
        return middle
      }
      if (order < 0) low = middle + 1
      else high = middle
    }
    this.#next = low
    return -1
  }

  /** Never outside of the names, whatever the column says. */
  #nameStart(index: number): number {
    const start = this.#names + ((this.#words[this.#columns + layout.COLUMN_NAME * this.count + index] ?? 0) >>> 0)
    return start < this.#namesEnd ? start : this.#namesEnd - 1
  }

  #nameEnd(start: number): number {
    const end = this.#bytes.indexOf(0, start)
    return end < 0 || end >= this.#namesEnd ? this.#namesEnd - 1 : end
  }

  #text(start: number, end: number): string {
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, end - start).toString('latin1')
  }
}
