// The index of a vault: where each segment lies. New rows are in a table in memory, which becomes an index segment when it is full; the segments are sorted, on the
// disk, with fingerprints resident; what was found lately is in two tables of a fixed size. It is derived: the trailers of the packs say the same.

import { ID_BYTES } from '../../../wire/vault/limits.ts'
import { INDEX_PAGE_ROWS } from '../../../wire/vault/index-head.ts'
import { INDEX_ROW_BYTES, packOfRow, setPackOfRow, type BlockFacts } from '../../../wire/vault/index-row.ts'
import type { PackCatalogue } from '../pack-catalogue.ts'
import type { IndexSegment } from './index-segment.ts'
import { RowTable, sameId } from './row-table.ts'

/** Rows that may be in memory only: opening a vault reads so many again from trailers. */
export const FRESH_ROWS_MAX = 128 * 1024
/** Of each of the two tables of what was found lately: 5 MiB each. */
const RECENT_ROWS_MAX = 64 * 1024

/** What `find` fills: a row for each id, with the ordinals of packs, and whether there is one. */
export interface FoundRows {
  readonly rows: Buffer
  readonly found: Uint8Array
}

/** Rows of a pack that lie together: the trailer of a pack says them. */
export type RowsOfPack = (pack: number, add: (ids: Uint8Array, idAt: number, block: BlockFacts, start: number, length: number) => void) => Promise<void>

interface PageQuestion {
  readonly row: number
  readonly index: number
}

export class SegmentIndex {
  readonly #catalogue: PackCatalogue
  readonly #freshRowsMax: number
  readonly #rowsOfPack: RowsOfPack
  #segments: readonly IndexSegment[] = []
  #fresh: RowTable
  /** The table that is being written to a segment, while it is. */
  #flushing: RowTable | undefined
  #recent = new RowTable(RECENT_ROWS_MAX)
  #older = new RowTable(RECENT_ROWS_MAX)
  /** Packs whose rows were put into the recent tables. */
  #recentPacks = new Set<number>()
  #olderPacks = new Set<number>()

  constructor(catalogue: PackCatalogue, rowsOfPack: RowsOfPack, freshRowsMax = FRESH_ROWS_MAX) {
    this.#catalogue = catalogue
    this.#rowsOfPack = rowsOfPack
    this.#freshRowsMax = freshRowsMax
    this.#fresh = new RowTable(freshRowsMax)
  }

  get segments(): readonly IndexSegment[] {
    return this.#segments
  }

  get freshRows(): number {
    return this.#fresh.count + (this.#flushing?.count ?? 0)
  }

  get isFull(): boolean {
    return this.#fresh.isFull
  }

  get residentBytes(): number {
    const tables = this.#fresh.residentBytes + (this.#flushing?.residentBytes ?? 0) + this.#recent.residentBytes + this.#older.residentBytes
    return this.#segments.reduce((sum, segment) => sum + segment.residentBytes, tables)
  }

  /** Rows of the vault, those of packs that are gone included. */
  get rows(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.rows, this.freshRows)
  }

  /** `isFull` must be false. */
  add(ids: Uint8Array, idAt: number, pack: number, block: BlockFacts, start: number, length: number): void {
    this.#fresh.add(ids, idAt, pack, block, start, length)
  }

  /** Takes what is in memory, to be written; it is still found. */
  beginFlush(): RowTable {
    this.#flushing = this.#fresh
    this.#fresh = new RowTable(this.#freshRowsMax)
    return this.#flushing
  }

  /** The table of `beginFlush` is in a segment now, or not after all. */
  endFlush(isWritten: boolean): void {
    const table = this.#flushing
    this.#flushing = undefined
    if (isWritten || table === undefined) return
    // What could not be written stays in memory, beyond its bound if need be: it is never lost.
    const both = new RowTable(table.rowsMax + this.#fresh.rowsMax)
    for (const part of [table, this.#fresh]) for (let row = 0; row < part.count; row++) both.addRow(part.rows, row * INDEX_ROW_BYTES)
    this.#fresh = both
  }

  /** Replaces segments; the new ones are opened and know the ordinals of their packs. Who still reads an old one holds it. */
  replace(removed: readonly IndexSegment[], added: readonly IndexSegment[]): void {
    this.#segments = [...this.#segments.filter((segment) => !removed.includes(segment)), ...added]
  }

  /** The segments, each held until its user releases it. */
  held(): readonly IndexSegment[] {
    for (const segment of this.#segments) segment.hold()
    return this.#segments
  }

  /** Rows that are in no segment. */
  eachFresh(visit: (rows: Buffer, at: number) => void): void {
    for (const table of [this.#fresh, this.#flushing]) for (let row = 0; row < (table?.count ?? 0); row++) visit((table ?? this.#fresh).rows, row * INDEX_ROW_BYTES)
  }

  /** A row for each of `ids` whose pack is accepted. */
  async find(ids: Uint8Array, accept: (pack: number) => boolean): Promise<FoundRows> {
    const count = ids.length / ID_BYTES
    const result: FoundRows = { rows: Buffer.alloc(count * INDEX_ROW_BYTES), found: new Uint8Array(count) }
    const tables = [this.#fresh, this.#flushing, this.#recent, this.#older]
    let missing = 0
    for (let index = 0; index < count; index++) {
      if (!findInTables(tables, ids, index, accept, result)) missing += 1
    }
    if (missing > 0) await this.#findOnDisk(ids, accept, result)
    return result
  }

  async #findOnDisk(ids: Uint8Array, accept: (pack: number) => boolean, result: FoundRows): Promise<void> {
    const segments = this.#segments
    for (const segment of segments) segment.hold()
    try {
      const hits = new Map<number, number>()
      for (const segment of segments) await findInSegment(segment, ids, accept, result, hits)
      await this.#warm(hits)
    } finally {
      for (const segment of segments) await segment.release()
    }
  }

  /** What lies beside a segment that was asked for is likely to be asked for next: a dump meets segments in the order in which they were stored. */
  async #warm(hits: ReadonlyMap<number, number>): Promise<void> {
    for (const [pack, count] of hits) {
      const { segments, state } = this.#catalogue.at(pack)
      if (count < 2 && hits.size > 4) continue
      if (state === 'gone' || segments > RECENT_ROWS_MAX / 4 || this.#recentPacks.has(pack) || this.#olderPacks.has(pack)) continue
      if (this.#recent.count + segments > RECENT_ROWS_MAX) {
        this.#older = this.#recent
        this.#olderPacks = this.#recentPacks
        this.#recent = new RowTable(RECENT_ROWS_MAX)
        this.#recentPacks = new Set()
      }
      this.#recentPacks.add(pack)
      const table = this.#recent
      await this.#rowsOfPack(pack, (packIds, idAt, block, start, length) => {
        if (!table.isFull) table.add(packIds, idAt, pack, block, start, length)
      })
    }
  }

  async close(): Promise<void> {
    const segments = this.#segments
    this.#segments = []
    for (const segment of segments) await segment.release()
  }
}

function findInTables(tables: readonly (RowTable | undefined)[], ids: Uint8Array, index: number, accept: (pack: number) => boolean, result: FoundRows): boolean {
  for (const table of tables) {
    if (table === undefined || table.count === 0) continue
    const at = table.find(ids, index * ID_BYTES, accept)
    if (at < 0) continue
    table.rows.copy(result.rows, index * INDEX_ROW_BYTES, at, at + INDEX_ROW_BYTES)
    result.found[index] = 1
    return true
  }
  return false
}

/** Asks the fingerprints first and then reads each page that may have an answer once, in order. */
async function findInSegment(segment: IndexSegment, ids: Uint8Array, accept: (pack: number) => boolean, result: FoundRows, hits: Map<number, number>): Promise<void> {
  const questions: PageQuestion[] = []
  for (let index = 0; index < result.found.length; index++) {
    if (result.found[index] === 1) continue
    segment.prints.candidates(ids, index * ID_BYTES, (row) => {
      questions.push({ row, index })
      return false
    })
  }
  questions.sort((a, b) => a.row - b.row)
  let page = -1
  let rows: Buffer = Buffer.alloc(0)
  for (const { row, index } of questions) {
    if (result.found[index] === 1) continue
    const wanted = Math.floor(row / INDEX_PAGE_ROWS)
    if (wanted !== page) rows = await segment.readPage((page = wanted))
    const at = (row % INDEX_PAGE_ROWS) * INDEX_ROW_BYTES
    if (at >= rows.length || !sameId(rows, at, ids, index * ID_BYTES)) continue
    const pack = segment.packs[packOfRow(rows, at)] ?? 0
    if (!accept(pack)) continue
    rows.copy(result.rows, index * INDEX_ROW_BYTES, at, at + INDEX_ROW_BYTES)
    setPackOfRow(result.rows, index * INDEX_ROW_BYTES, pack)
    result.found[index] = 1
    hits.set(pack, (hits.get(pack) ?? 0) + 1)
  }
}
