// Keeps the index of a vault on the disk: opens its segments, reads again from trailers what is in none, writes what is in memory, merges. One of these at a time.
// A segment that cannot be read is no loss: the packs it was of are read from their trailers.

import { Turns } from '../../../kernel/turns.ts'
import { faultOf, type Fault } from '../../../kernel/fault.ts'
import type { Log } from '../../../kernel/log.ts'
import type { Random } from '../../../kernel/random.ts'
import type { VaultKeys } from '../../../stream/vault/contract.ts'
import type { LedgerObject } from '../../../wire/vault/ledger.ts'
import { ID_BYTES, PACK_ID_BYTES } from '../../../wire/vault/limits.ts'
import type { TrailerBlock } from '../../../wire/vault/pack-trailer.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PackCatalogue, PackRecord } from '../pack-catalogue.ts'
import type { VaultPackFiles } from '../packs/pack-files.ts'
import { hexOf } from '../packs/pack-writer.ts'
import type { VaultDirectory } from '../vault-directory.ts'
import { chooseMerge, mergeRows, segmentSource, tableSource, type RowSource } from './index-merge.ts'
import { IndexSegment } from './index-segment.ts'
import type { SegmentIndex } from './segment-index.ts'

export interface IndexKeeperParts {
  readonly directory: VaultDirectory
  readonly keys: VaultKeys
  readonly random: Random
  readonly log: Log
  readonly catalogue: PackCatalogue
  readonly packFiles: VaultPackFiles
  readonly index: SegmentIndex
  readonly ledger: Ledger
  readonly freshRowsMax: number
  /** Objects that are written and not yet in the ledger. */
  readonly inFlight: Set<string>
}

export class IndexKeeper {
  readonly #parts: IndexKeeperParts
  readonly #turns = new Turns()
  /** While garbage collection counts rows, segments stay as they are. */
  #mergeHolds = 0

  constructor(parts: IndexKeeperParts) {
    this.#parts = parts
  }

  /** Opens what the ledger names. Says which segments could not be read. */
  async load(canWrite: boolean): Promise<readonly string[]> {
    const { directory, keys, ledger, index, catalogue, log } = this.#parts
    const broken: string[] = []
    for (const { name } of ledger.state.indexes.values()) {
      try {
        const segment = await IndexSegment.open(directory, keys, name)
        this.#number(segment)
        index.replace([], [segment])
      } catch (error) {
        log.warn('an index segment cannot be read; the trailers of its packs are read instead', { segment: name, error: faultOf(error).message })
        broken.push(name)
      }
    }
    for (const pack of catalogue.listed()) {
      if (pack.isIndexed) continue
      await this.#readAgain(pack)
      if (canWrite && index.isFull) await this.flush()
    }
    return broken
  }

  /** Reads what could not be read when the vault was opened. Rejects with the fault of the disk, if it is the disk's; a pack that is damaged stays unknown. */
  async readUnread(): Promise<void> {
    for (const pack of this.#parts.catalogue.listed()) {
      if (pack.isIndexed) continue
      const fault = await this.#readAgain(pack)
      if (fault !== undefined && fault.code !== 'vault-damaged') throw fault
    }
  }

  /** Puts the rows of a listed pack into memory. */
  addPack(pack: PackRecord, blocks: readonly TrailerBlock[]): void {
    const { index } = this.#parts
    eachRow(blocks, (ids, idAt, block, start, length) => index.add(ids, idAt, pack.ordinal, block, start, length))
    pack.isIndexed = true
  }

  /** What is in memory becomes a segment. */
  flush(): Promise<void> {
    return this.#turns.take(async () => {
      const { index } = this.#parts
      if (index.freshRows > 0) await this.#flush()
      if (this.#mergeHolds === 0) await this.#mergeDue()
    })
  }

  /** Until `releaseMerges`, rows keep their numbers. Resolves when no merge is under way. */
  async holdMerges(): Promise<void> {
    this.#mergeHolds += 1
    await this.#turns.take(() => Promise.resolve())
  }

  releaseMerges(): void {
    this.#mergeHolds -= 1
  }

  /** Writes the segments anew without the rows of packs that are gone, when these are many. */
  compact(goneRows: number): Promise<void> {
    return this.#turns.take(async () => {
      const { index } = this.#parts
      const rows = index.segments.reduce((sum, segment) => sum + segment.rows, 0)
      if (goneRows * 5 < rows || goneRows === 0) return
      for (const segment of index.segments) {
        const isHit = segment.packs.some((pack) => !this.#parts.catalogue.isReadable(pack))
        if (isHit) await this.#merge([segment])
      }
    })
  }

  async #flush(): Promise<void> {
    const { index, catalogue } = this.#parts
    const table = index.beginFlush()
    let isWritten = false
    try {
      const packs = new Set<number>()
      for (let row = 0; row < table.count; row++) packs.add(table.packAt(row))
      isWritten = await this.#write([tableSource(table, packs)], [])
    } finally {
      // Rows of packs that went meanwhile need no segment.
      index.endFlush(isWritten || everyGone(table.count, (row) => catalogue.isReadable(table.packAt(row))))
    }
  }

  async #mergeDue(): Promise<void> {
    for (;;) {
      const chosen = chooseMerge(this.#parts.index.segments, this.#parts.freshRowsMax)
      if (chosen.length === 0) return
      await this.#merge(chosen)
    }
  }

  async #merge(segments: readonly IndexSegment[]): Promise<void> {
    await this.#write(segments.map(segmentSource), segments)
    for (const { name } of segments) await this.#parts.directory.remove(`index/${name}`)
  }

  /** Whether a segment was written; it takes the place of `replaced`. */
  async #write(sources: readonly RowSource[], replaced: readonly IndexSegment[]): Promise<boolean> {
    const { random, inFlight } = this.#parts
    const name = hexOf(random.bytes(16))
    inFlight.add(name)
    try {
      return await this.#writeNamed(name, sources, replaced)
    } finally {
      inFlight.delete(name)
    }
  }

  async #writeNamed(name: string, sources: readonly RowSource[], replaced: readonly IndexSegment[]): Promise<boolean> {
    const { directory, keys, catalogue, ledger, index } = this.#parts
    const written = await mergeRows({ directory, keys, catalogue, name }, sources)
    if (written === undefined && replaced.length === 0) return false
    const objects: readonly LedgerObject[] = written === undefined ? [] : [{ name, bytes: written.bytes, sha256: written.sha256 }]
    const segments = written === undefined ? [] : [await IndexSegment.open(directory, keys, name)]
    for (const segment of segments) this.#number(segment)
    const removedIndexes = replaced.map((segment) => segment.name)
    await ledger.append(() => Promise.resolve(removedIndexes.length === 0 ? { kind: 'packs', packs: [], indexes: objects } : { kind: 'sweep', packs: [], indexes: objects, removedPacks: [], removedIndexes }), () => index.replace(replaced, segments))
    for (const segment of replaced) await segment.release()
    return written !== undefined
  }

  /** Gives each pack of a segment its ordinal. A segment may name packs that are no longer there. */
  #number(segment: IndexSegment): void {
    const { catalogue } = this.#parts
    const { packIds } = segment.head
    for (let pack = 0; pack < segment.packs.length; pack++) {
      const id = hexOf(packIds.subarray(pack * PACK_ID_BYTES, (pack + 1) * PACK_ID_BYTES))
      const record = catalogue.byId(id) ?? catalogue.ghost(id)
      record.isIndexed = true
      segment.packs[pack] = record.ordinal
    }
  }

  /** Why it could not be read. */
  async #readAgain(pack: PackRecord): Promise<Fault | undefined> {
    const { packFiles, log } = this.#parts
    try {
      const { trailer } = await packFiles.readTrailer(Buffer.from(pack.id, 'hex'))
      this.addPack(pack, trailer.blocks)
      return undefined
    } catch (error) {
      // What it holds is missing until it can be read: the check names it, and dumps that need it.
      const fault = faultOf(error)
      log.error('a pack of the vault cannot be read', { pack: pack.id, error: fault.message })
      return fault
    }
  }
}

function everyGone(count: number, isThere: (row: number) => boolean): boolean {
  for (let row = 0; row < count; row++) if (isThere(row)) return false
  return true
}

/** Calls `add` with each segment of the blocks. */
export function eachRow(blocks: readonly TrailerBlock[], add: (ids: Uint8Array, idAt: number, block: TrailerBlock, start: number, length: number) => void): void {
  for (const block of blocks) {
    let start = 0
    for (const [index, length] of block.lengths.entries()) {
      add(block.ids, index * ID_BYTES, block, start, length)
      start += length
    }
  }
}
