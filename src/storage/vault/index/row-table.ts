// Index rows in typed memory, found by id: what is not yet in an index segment, and what was found lately. One id may have several rows, of different packs. The
// ids are keyed hashes, so their first bytes are the hash of the table.

import { ID_BYTES } from '../../../wire/vault/limits.ts'
import { INDEX_ROW_BYTES, packOfRow, writeIndexRow, type BlockFacts } from '../../../wire/vault/index-row.ts'
import { sortedOrder } from './sort-ids.ts'

const ROWS_FIRST = 1024

export function sameId(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): boolean {
  for (let index = 0; index < ID_BYTES; index++) if (a[aAt + index] !== b[bAt + index]) return false
  return true
}

export class RowTable {
  /** Full at so many; more are taken. */
  readonly rowsMax: number
  rows: Buffer
  count = 0
  /** Row + 1 of each slot; twice as many slots as there may be rows. */
  #slots: Int32Array

  constructor(rowsMax: number) {
    this.rowsMax = rowsMax
    const first = Math.max(2, Math.min(rowsMax, ROWS_FIRST))
    this.rows = Buffer.alloc(first * INDEX_ROW_BYTES)
    this.#slots = new Int32Array(slotsFor(first))
  }

  get isFull(): boolean {
    return this.count >= this.rowsMax
  }

  get residentBytes(): number {
    return this.rows.length + this.#slots.byteLength
  }

  add(ids: Uint8Array, idAt: number, pack: number, block: BlockFacts, start: number, length: number): void {
    this.#makeRoom()
    writeIndexRow(this.rows, this.count * INDEX_ROW_BYTES, ids, idAt, pack, block, start, length)
    this.#link(this.count++)
  }

  packAt(row: number): number {
    return packOfRow(this.rows, row * INDEX_ROW_BYTES)
  }

  addRow(rows: Buffer, at: number): void {
    this.#makeRoom()
    rows.copy(this.rows, this.count * INDEX_ROW_BYTES, at, at + INDEX_ROW_BYTES)
    this.#link(this.count++)
  }

  /** Byte offset in `rows` of the first row of the id whose pack is accepted; -1: none. */
  find(ids: Uint8Array, at: number, accept: (pack: number) => boolean): number {
    const mask = this.#slots.length - 1
    for (let slot = slotOf(ids, at) & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? 0) - 1
      if (row < 0) return -1
      const offset = row * INDEX_ROW_BYTES
      if (sameId(this.rows, offset, ids, at) && accept(packOfRow(this.rows, offset))) return offset
    }
  }

  /** Numbers of the rows in the order of their ids. */
  sorted(): Uint32Array {
    return sortedOrder(this.rows, this.count, INDEX_ROW_BYTES, ID_BYTES)
  }

  #makeRoom(): void {
    if ((this.count + 1) * INDEX_ROW_BYTES <= this.rows.length) return
    const capacity = this.count * 2
    const grown = Buffer.alloc(capacity * INDEX_ROW_BYTES)
    this.rows.copy(grown)
    this.rows = grown
    this.#slots = new Int32Array(slotsFor(capacity))
    for (let row = 0; row < this.count; row++) this.#link(row)
  }

  #link(row: number): void {
    const mask = this.#slots.length - 1
    let slot = slotOf(this.rows, row * INDEX_ROW_BYTES) & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = row + 1
  }
}

function slotsFor(rows: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, rows * 2)))
}

/** The last bytes, so that rows of one page do not lie side by side. */
function slotOf(ids: Uint8Array, at: number): number {
  return ((ids[at + 28] ?? 0) | ((ids[at + 29] ?? 0) << 8) | ((ids[at + 30] ?? 0) << 16) | ((ids[at + 31] ?? 0) << 24)) >>> 0
}
