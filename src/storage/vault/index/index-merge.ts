// Merges sorted sources of index rows into one new segment, reading a page of each at a time. Rows of packs that are gone are left out. Which segments are merged,
// and when, is decided by `chooseMerge`: those of about one size, so that a row is written a few times in its life and not once for every dump.

import type { VaultKeys } from '../../../stream/vault/contract.ts'
import { INDEX_ROWS_MAX } from '../../../wire/vault/index-head.ts'
import { INDEX_ROW_BYTES, packOfRow } from '../../../wire/vault/index-row.ts'
import { ID_BYTES } from '../../../wire/vault/limits.ts'
import type { PackCatalogue } from '../pack-catalogue.ts'
import type { VaultDirectory } from '../vault-directory.ts'
import { IndexSegmentWriter, type SegmentPacks, type WrittenIndexSegment } from './index-segment-writer.ts'
import type { IndexSegment } from './index-segment.ts'
import type { RowTable } from './row-table.ts'

/** Segments of one tier that are merged into one of the next. */
const TIER_WIDTH = 4

/** Rows in the order of their ids, with ordinals of the catalogue. */
export interface RowSource {
  readonly rowCount: number
  /** Packs that its rows may be of. */
  readonly packs: Iterable<number>
  /** Some rows; undefined at the end. Lent until the next call. */
  next(): Promise<{ readonly rows: Buffer; readonly packOf: (at: number) => number } | undefined>
}

export function segmentSource(segment: IndexSegment): RowSource {
  let page = 0
  return {
    rowCount: segment.rows,
    packs: segment.packs,
    async next() {
      if (page >= segment.pageCount) return undefined
      const rows = await segment.readPage(page++)
      return { rows, packOf: (at) => segment.packs[packOfRow(rows, at)] ?? 0 }
    },
  }
}

export function tableSource(table: RowTable, packs: Iterable<number>): RowSource {
  const order = table.sorted()
  let given = 0
  return {
    rowCount: table.count,
    packs,
    next() {
      const some = order.subarray(given, given + 1024)
      given += some.length
      if (some.length === 0) return Promise.resolve(undefined)
      const rows = Buffer.allocUnsafe(some.length * INDEX_ROW_BYTES)
      for (const [index, row] of some.entries()) table.rows.copy(rows, index * INDEX_ROW_BYTES, row * INDEX_ROW_BYTES, (row + 1) * INDEX_ROW_BYTES)
      return Promise.resolve({ rows, packOf: (at) => packOfRow(rows, at) })
    },
  }
}

class Cursor {
  readonly #source: RowSource
  rows: Buffer = Buffer.alloc(0)
  packOf: (at: number) => number = () => 0
  at = 0

  constructor(source: RowSource) {
    this.#source = source
  }

  /** The next row is at `at`; false at the end. */
  async fill(): Promise<boolean> {
    const some = await this.#source.next()
    if (some === undefined) return false
    this.rows = some.rows
    this.packOf = some.packOf
    this.at = 0
    return true
  }
}

/** Undefined: no row was left. Durable when it resolves, and not yet part of the vault. */
export async function mergeRows(parts: { readonly directory: VaultDirectory; readonly keys: VaultKeys; readonly catalogue: PackCatalogue; readonly name: string }, sources: readonly RowSource[]): Promise<WrittenIndexSegment | undefined> {
  const { catalogue } = parts
  const { packs, numberOf } = packsOf(catalogue, sources)
  const rowsMax = sources.reduce((sum, { rowCount }) => sum + rowCount, 0)
  const writer = await IndexSegmentWriter.begin(parts.directory, parts.keys, parts.name, packs, rowsMax)
  try {
    const cursors: Cursor[] = []
    for (const source of sources) {
      const cursor = new Cursor(source)
      if (await cursor.fill()) cursors.push(cursor)
    }
    let written = 0
    while (cursors.length > 0) {
      const least = leastOf(cursors)
      const pack = least.packOf(least.at)
      if (catalogue.isReadable(pack)) {
        written += 1
        if (writer.add(least.rows, least.at, numberOf.get(pack) ?? 0)) await writer.flush()
      }
      least.at += INDEX_ROW_BYTES
      if (least.at >= least.rows.length && !(await least.fill())) cursors.splice(cursors.indexOf(least), 1)
    }
    if (written > 0) return await writer.finish()
    await writer.drop()
    return undefined
  } catch (error) {
    await writer.drop().catch(() => undefined)
    throw error
  }
}

function leastOf(cursors: readonly Cursor[]): Cursor {
  let [least] = cursors as [Cursor]
  for (const cursor of cursors) if (cursor !== least && cursor.rows.compare(least.rows, least.at, least.at + ID_BYTES, cursor.at, cursor.at + ID_BYTES) < 0) least = cursor
  return least
}

/** The packs that rows may be of and that are not gone, with their domains. */
function packsOf(catalogue: PackCatalogue, sources: readonly RowSource[]): { readonly packs: SegmentPacks; readonly numberOf: ReadonlyMap<number, number> } {
  const numberOf = new Map<number, number>()
  for (const source of sources) for (const pack of source.packs) if (catalogue.isReadable(pack) && !numberOf.has(pack)) numberOf.set(pack, numberOf.size)
  const domains = new Map<string, number>()
  const packIds = Buffer.alloc(numberOf.size * 16)
  const packDomains = new Uint16Array(numberOf.size)
  for (const [ordinal, number] of numberOf) {
    const { id, domain } = catalogue.at(ordinal)
    if (!domains.has(domain)) domains.set(domain, domains.size)
    packIds.write(id, number * 16, 'hex')
    packDomains[number] = domains.get(domain) ?? 0
  }
  return { packs: { domains: [...domains.keys()], packIds, packDomains }, numberOf }
}

/** The segments to merge now; none when there are not enough of one size. */
export function chooseMerge<Segment extends { readonly rows: number }>(segments: readonly Segment[], tierRows: number): readonly Segment[] {
  const tiers = new Map<number, Segment[]>()
  for (const segment of segments) {
    const tier = Math.max(0, Math.floor(Math.log(segment.rows / tierRows) / Math.log(TIER_WIDTH)))
    tiers.set(tier, [...(tiers.get(tier) ?? []), segment])
  }
  for (const [, tier] of [...tiers].toSorted(([a], [b]) => a - b)) {
    const rows = tier.reduce((sum, segment) => sum + segment.rows, 0)
    if (tier.length >= TIER_WIDTH && rows <= INDEX_ROWS_MAX) return tier
  }
  return []
}
