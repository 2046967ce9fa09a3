// A thread's end of what is kept for the next dump: gathers the operations of a directory's members, and how long they are, until its record is there.

import { LENGTH_MASK, lengthWord, OPERATIONS_AT, OPERATIONS_MARK, recordWithTail } from './kept-record.ts'

/** Handed on at about this size. */
const PIECE_BYTES = 64 * 1024
const ENTRIES_FIRST = 256
const ENTRIES_KEPT = 65_536

export class KeepWriter {
  readonly #addRecord: (record: Uint8Array) => void
  readonly #words = new Int32Array((OPERATIONS_AT + PIECE_BYTES) / 4)
  readonly #piece = new Uint8Array(this.#words.buffer)
  #pieceAt = OPERATIONS_AT
  #lengths = new Uint32Array(ENTRIES_FIRST)
  #count = 0
  #ownBytes = 0
  /** Since the last mark. */
  #bytes = 0

  constructor(addRecord: (record: Uint8Array) => void) {
    this.#addRecord = addRecord
    this.#words[0] = OPERATIONS_MARK
  }

  begin(): void {
    this.#count = 0
    this.#ownBytes = 0
    this.#bytes = 0
    if (this.#lengths.length > ENTRIES_KEPT) this.#lengths = new Uint32Array(ENTRIES_FIRST)
  }

  /** Operations, lent. */
  write(operations: Uint8Array): void {
    this.#bytes += operations.length
    for (let from = 0; from < operations.length; ) {
      const count = Math.min(operations.length - from, this.#piece.length - this.#pieceAt)
      this.#piece.set(count === operations.length ? operations : operations.subarray(from, from + count), this.#pieceAt)
      this.#pieceAt += count
      from += count
      if (this.#pieceAt === this.#piece.length) this.#flush()
    }
  }

  endOwn(): void {
    this.#ownBytes = this.#bytes
    this.#bytes = 0
  }

  /** What was written since the last entry is of `entry`; entries that are left out have nothing. */
  endEntry(entry: number, isUsable: boolean): void {
    if (entry < 0) {
      // The directory cannot be taken over as a whole then, and this only holds the place.
      const last = this.#count - 1
      if (last < 0) this.#ownBytes += this.#bytes
      else if (this.#bytes > 0) this.#lengths[last] = lengthWord(((this.#lengths[last] ?? 0) & LENGTH_MASK) + this.#bytes, false)
      this.#bytes = 0
      return
    }
    this.#reach(entry)
    this.#lengths[entry] = lengthWord(this.#bytes, isUsable)
    this.#count = entry + 1
    this.#bytes = 0
  }

  /** `record` is that of a directory with `count` entries. */
  finish(record: Uint8Array, count: number): void {
    this.#flush()
    this.#reach(count)
    this.#addRecord(recordWithTail(record, count, this.#ownBytes, this.#lengths))
  }

  /** Everything written since `begin` belongs to a record that has its tail already. */
  finishWhole(record: Uint8Array): void {
    this.#flush()
    this.#addRecord(record)
  }

  /** Entries before `entry` exist. */
  #reach(entry: number): void {
    if (entry >= this.#lengths.length) {
      const grown = new Uint32Array(Math.max(2 * this.#lengths.length, entry + 1))
      grown.set(this.#lengths.subarray(0, this.#count))
      this.#lengths = grown
    }
    if (entry > this.#count) this.#lengths.fill(0, this.#count, entry)
    this.#count = Math.max(this.#count, entry)
  }

  #flush(): void {
    if (this.#pieceAt === OPERATIONS_AT) return
    this.#words[1] = this.#pieceAt - OPERATIONS_AT
    this.#addRecord(this.#piece.subarray(0, Math.ceil(this.#pieceAt / 4) * 4))
    this.#pieceAt = OPERATIONS_AT
  }
}
