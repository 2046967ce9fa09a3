// Makes the records of directories. Entries are gathered in buffers that are used again for one directory after the other; only the finished record has
// memory of its own.

import type { DirectoryEncoding, FactWords } from './contract.ts'
import * as layout from './record-layout.ts'

const ENTRIES_FIRST = 256
const NAMES_BYTES_FIRST = 8192
/** What is kept for the next directory. */
const ENTRIES_KEPT = 16_384
/** Two changes may have the same time when they are closer than the clock of the file system is fine; two seconds is the coarsest there is. */
const DOUBT_SECONDS = 2
const TWO_32 = 2 ** 32

function tooMany(): Error {
  return Object.assign(new Error('ENOMEM: the directory has too many names'), { code: 'ENOMEM', syscall: 'readdir' })
}

export class DirectoryEncoder implements DirectoryEncoding {
  #rows = new Int32Array(ENTRIES_FIRST * layout.COLUMNS)
  #kinds = new Uint8Array(ENTRIES_FIRST)
  #names = new Uint8Array(NAMES_BYTES_FIRST)
  #count = 0
  #namesBytes = 0
  readonly #header = new Int32Array(layout.HEADER_WORDS)
  #path: Buffer = Buffer.alloc(0)
  /** What changed in this second or later is in doubt. */
  #doubtFrom = 0

  begin(path: string, facts: FactWords, lookedAtSeconds: number): void {
    this.#count = 0
    this.#namesBytes = 0
    if (this.#kinds.length > ENTRIES_KEPT) {
      this.#rows = new Int32Array(ENTRIES_FIRST * layout.COLUMNS)
      this.#kinds = new Uint8Array(ENTRIES_FIRST)
      this.#names = new Uint8Array(NAMES_BYTES_FIRST)
    }
    this.#path = Buffer.from(path === '.' ? '' : path, 'latin1')
    this.#doubtFrom = Math.floor(lookedAtSeconds) - DOUBT_SECONDS
    const { words } = facts
    const header = this.#header
    header[layout.AT_DEV] = words[layout.STATX_DEV_MINOR] ?? 0
    header[layout.AT_DEV + 1] = words[layout.STATX_DEV_MAJOR] ?? 0
    header[layout.AT_INODE] = words[layout.STATX_INODE] ?? 0
    header[layout.AT_INODE + 1] = words[layout.STATX_INODE + 1] ?? 0
    for (let word = 0; word < 3; word++) {
      header[layout.AT_CTIME + word] = words[layout.STATX_CTIME + word] ?? 0
      header[layout.AT_MTIME + word] = words[layout.STATX_MTIME + word] ?? 0
    }
    if (this.#isInDoubt(words)) this.doubtDirectory()
  }

  add(bytes: Uint8Array, start: number, end: number, facts: FactWords): number {
    const index = this.#count
    if (index === this.#kinds.length) this.#growEntries()
    const { words } = facts
    const rows = this.#rows
    const row = index * layout.COLUMNS
    rows[row] = words[layout.STATX_INODE] ?? 0
    rows[row + 1] = words[layout.STATX_INODE + 1] ?? 0
    rows[row + layout.COLUMN_SIZE] = words[layout.STATX_SIZE] ?? 0
    rows[row + layout.COLUMN_SIZE + 1] = words[layout.STATX_SIZE + 1] ?? 0
    rows[row + layout.COLUMN_CTIME] = words[layout.STATX_CTIME] ?? 0
    rows[row + layout.COLUMN_CTIME + 1] = words[layout.STATX_CTIME + 1] ?? 0
    rows[row + layout.COLUMN_CTIME + 2] = this.#isInDoubt(words) ? layout.NEVER : (words[layout.STATX_CTIME + 2] ?? 0)
    rows[row + layout.COLUMN_MTIME] = words[layout.STATX_MTIME] ?? 0
    rows[row + layout.COLUMN_MTIME + 1] = words[layout.STATX_MTIME + 1] ?? 0
    rows[row + layout.COLUMN_MTIME + 2] = words[layout.STATX_MTIME + 2] ?? 0
    rows[row + layout.COLUMN_NAME] = this.#namesBytes
    this.#kinds[index] = ((words[layout.STATX_MODE] ?? 0) & 0xf000) >> 12
    this.#addName(bytes, start, end)
    this.#count = index + 1
    return index
  }

  doubt(index: number): void {
    if (index < this.#count) this.#rows[index * layout.COLUMNS + layout.COLUMN_CTIME + 2] = layout.NEVER
  }

  doubtDirectory(): void {
    this.#header[layout.AT_CTIME + 2] = layout.NEVER
  }

  finish(): Uint8Array {
    const count = this.#count
    const total = layout.recordBytes(count, this.#namesBytes, this.#path.length)
    const record = new Int32Array(total / 4)
    const header = this.#header
    header[layout.AT_BYTES] = total
    header[layout.AT_COUNT] = count
    header[layout.AT_PATH_BYTES] = this.#path.length
    header[layout.AT_NAMES_BYTES] = this.#namesBytes
    record.set(header)
    const rows = this.#rows
    for (let column = 0; column < layout.COLUMNS; column++) {
      let at = layout.HEADER_WORDS + column * count
      for (let row = column; row < count * layout.COLUMNS; row += layout.COLUMNS) record[at++] = rows[row] ?? 0
    }
    const bytes = new Uint8Array(record.buffer)
    const kindsAt = 4 * (layout.HEADER_WORDS + layout.COLUMNS * count)
    bytes.set(this.#kinds.subarray(0, count), kindsAt)
    bytes.set(this.#names.subarray(0, this.#namesBytes), kindsAt + count)
    bytes.set(this.#path, kindsAt + count + this.#namesBytes)
    return bytes
  }

  /** By the time of change alone: nobody can set it. */
  #isInDoubt(words: Int32Array): boolean {
    return (words[layout.STATX_CTIME + 1] ?? 0) * TWO_32 + ((words[layout.STATX_CTIME] ?? 0) >>> 0) >= this.#doubtFrom
  }

  #addName(bytes: Uint8Array, start: number, end: number): void {
    let at = this.#namesBytes
    if (at + end - start + 1 > this.#names.length) this.#growNames(at + end - start + 1)
    const names = this.#names
    for (let from = start; from < end; from++) names[at++] = bytes[from] ?? 0
    names[at] = 0
    this.#namesBytes = at + 1
  }

  #growEntries(): void {
    const capacity = 2 * this.#kinds.length
    if (layout.recordBytes(this.#count + 1, this.#namesBytes, this.#path.length) > layout.RECORD_BYTES_MAX) throw tooMany()
    const rows = new Int32Array(capacity * layout.COLUMNS)
    rows.set(this.#rows)
    this.#rows = rows
    const kinds = new Uint8Array(capacity)
    kinds.set(this.#kinds)
    this.#kinds = kinds
  }

  #growNames(wanted: number): void {
    if (layout.recordBytes(this.#count + 1, wanted, this.#path.length) > layout.RECORD_BYTES_MAX) throw tooMany()
    const names = new Uint8Array(Math.max(wanted, 2 * this.#names.length))
    names.set(this.#names)
    this.#names = names
  }
}
