// What the parts of an open vault share: its objects, ledger, index and packs, who uses what of it now, and how these are opened together. The rules of use stand here:
// a holder (a dump on its way in, a reader) keeps the packs that it was told of; a held manifest is not removed.

import type { Clock } from '../../kernel/clock.ts'
import type { Log } from '../../kernel/log.ts'
import type { Random } from '../../kernel/random.ts'
import type { BlockThreads, VaultKeys } from '../../stream/vault/contract.ts'
import { packOfRow, readIndexRow, INDEX_ROW_BYTES } from '../../wire/vault/index-row.ts'
import { ID_BYTES } from '../../wire/vault/limits.ts'
import { IndexKeeper, eachRow } from './index/index-keeper.ts'
import { FRESH_ROWS_MAX, SegmentIndex, type FoundRows } from './index/segment-index.ts'
import type { LedgerChain, LedgerHead } from './ledger/ledger-chain.ts'
import { Ledger } from './ledger/ledger.ts'
import { ManifestStore } from './manifest-store.ts'
import { MarkStore } from './mark-store.ts'
import { PackCatalogue, type PackRecord } from './pack-catalogue.ts'
import { PackListing } from './pack-listing.ts'
import { VaultPackFiles } from './packs/pack-files.ts'
import type { SegmentPlace } from './segment-places.ts'
import type { VaultDirectory } from './vault-directory.ts'

/** Sizes that simulations make small. */
export interface VaultLimits {
  /** Index rows in memory before they become a segment. */
  readonly freshRowsMax?: number
  readonly checkpointBytesMin?: number
  /** Blocks that a rewritten pack holds are closed at so many plain bytes. */
  readonly blockBytes?: number
}

export interface CoreParts {
  readonly directory: VaultDirectory
  readonly keys: VaultKeys
  readonly threads: BlockThreads
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly limits: VaultLimits
  readonly stillOwned: () => Promise<void>
  readonly onHead: (head: LedgerHead) => Promise<void>
}

/** Who was told of packs. */
export interface PackHolder {
  /** Ordinals. */
  readonly packs: Set<number>
}

export class VaultCore {
  readonly directory: VaultDirectory
  readonly keys: VaultKeys
  readonly threads: BlockThreads
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly limits: VaultLimits
  readonly ledger: Ledger
  readonly catalogue = new PackCatalogue()
  readonly packFiles: VaultPackFiles
  readonly index: SegmentIndex
  readonly keeper: IndexKeeper
  readonly marks: MarkStore
  readonly manifests: ManifestStore
  readonly listing: PackListing
  /** Packs, index segments and manifests that are written and not yet in the ledger, by name. */
  readonly inFlight = new Set<string>()
  readonly #holders = new Set<PackHolder>()
  readonly #heldManifests = new Map<string, number>()
  readonly #leaving = new Set<string>()
  /** While garbage is collected: packs that somebody was told of and who has ended since. */
  #keptForCollection: Set<number> | undefined
  /** How often packs began to leave. */
  #leavings = 0

  constructor(parts: CoreParts, chain: LedgerChain) {
    this.directory = parts.directory
    this.keys = parts.keys
    this.threads = parts.threads
    this.clock = parts.clock
    this.random = parts.random
    this.log = parts.log
    this.limits = parts.limits
    const { checkpointBytesMin, freshRowsMax = FRESH_ROWS_MAX } = parts.limits
    this.ledger = new Ledger({ ...parts, ...(checkpointBytesMin === undefined ? {} : { checkpointBytesMin }) }, chain)
    for (const pack of chain.state.packs.values()) this.catalogue.add(pack)
    this.packFiles = new VaultPackFiles(parts.directory, parts.keys)
    this.index = new SegmentIndex(this.catalogue, (pack, add) => this.#rowsOf(pack, add), freshRowsMax)
    this.keeper = new IndexKeeper({ ...parts, catalogue: this.catalogue, packFiles: this.packFiles, index: this.index, ledger: this.ledger, freshRowsMax, inFlight: this.inFlight })
    this.marks = new MarkStore(parts.directory, parts.keys, this.ledger, parts.random, parts.log)
    this.manifests = new ManifestStore(parts.directory, parts.keys, this.ledger, this.marks, parts.log)
    this.listing = new PackListing(this.ledger, this.catalogue, this.index, this.keeper, freshRowsMax)
  }

  beginHolding(holder: PackHolder): void {
    this.#holders.add(holder)
  }

  endHolding(holder: PackHolder): void {
    if (this.#holders.delete(holder)) for (const pack of holder.packs) this.#keptForCollection?.add(pack)
  }

  isHeld(pack: number): boolean {
    if (this.#keptForCollection?.has(pack) === true) return true
    for (const holder of this.#holders) if (holder.packs.has(pack)) return true
    return false
  }

  /** From here on, what a holder was told of stays until `endCollection`, also when the holder ends. */
  beginCollection(): void {
    this.#keptForCollection = new Set()
  }

  endCollection(): void {
    this.#keptForCollection = undefined
  }

  /** False: it is about to be removed, and must not be used. */
  holdManifest(name: string): boolean {
    if (this.#leaving.has(name)) return false
    this.#heldManifests.set(name, (this.#heldManifests.get(name) ?? 0) + 1)
    return true
  }

  /** Takes the manifest from everybody, unless somebody holds it. */
  takeManifest(name: string): boolean {
    if (this.#heldManifests.has(name)) return false
    this.#leaving.add(name)
    return true
  }

  /** It was not removed after all, or it is gone. */
  giveBackManifest(name: string): void {
    this.#leaving.delete(name)
  }

  releaseManifest(name: string): void {
    const count = (this.#heldManifests.get(name) ?? 0) - 1
    if (count > 0) this.#heldManifests.set(name, count)
    else this.#heldManifests.delete(name)
  }

  /** From here on nobody is told of these packs. */
  beginLeaving(packs: readonly PackRecord[]): void {
    this.#leavings += 1
    for (const pack of packs) pack.state = 'dying'
  }

  /**
   * A row for each of `ids` that `accept` takes the pack of, and `holder` keeps those packs. While the index is read packs may begin to leave, of which it has told, and others have the same segments: they
   * were listed since, or came later in its order. So what is missing is looked for again, once for each sweep that began meanwhile, and is missing only if it was so all the time.
   */
  async findFor(holder: PackHolder, ids: Uint8Array, accept: (pack: PackRecord) => boolean): Promise<FoundRows> {
    const acceptNumber = (pack: number): boolean => accept(this.catalogue.at(pack))
    const result: FoundRows = { rows: Buffer.alloc((ids.length / ID_BYTES) * INDEX_ROW_BYTES), found: new Uint8Array(ids.length / ID_BYTES) }
    let asked = Array.from(result.found, (_, index) => index)
    for (let leavings = -1; asked.length > 0 && leavings !== this.#leavings; ) {
      leavings = this.#leavings
      const { rows, found } = await this.index.find(asked.length === result.found.length ? ids : idsAt(ids, asked), acceptNumber)
      asked = asked.filter((index, place) => {
        const pack = packOfRow(rows, place * INDEX_ROW_BYTES)
        if (found[place] !== 1 || !acceptNumber(pack)) return true
        holder.packs.add(pack)
        rows.copy(result.rows, index * INDEX_ROW_BYTES, place * INDEX_ROW_BYTES, (place + 1) * INDEX_ROW_BYTES)
        result.found[index] = 1
        return false
      })
    }
    return result
  }

  placeOf({ rows }: FoundRows, index: number): SegmentPlace {
    const { pack, ...row } = readIndexRow(rows, index * INDEX_ROW_BYTES)
    return { ...row, packId: Buffer.from(this.catalogue.at(pack).id, 'hex') }
  }

  async close(): Promise<void> {
    await this.index.close()
    await this.packFiles.close()
  }

  async #rowsOf(pack: number, add: Parameters<typeof eachRow>[1]): Promise<void> {
    try {
      const { trailer } = await this.packFiles.readTrailer(Buffer.from(this.catalogue.at(pack).id, 'hex'))
      eachRow(trailer.blocks, add)
    } catch {
      // It was only to spare later questions; who needs the pack meets what is wrong with it.
    }
  }
}

function idsAt(ids: Uint8Array, places: readonly number[]): Uint8Array {
  const chosen = new Uint8Array(places.length * ID_BYTES)
  for (const [index, place] of places.entries()) chosen.set(ids.subarray(place * ID_BYTES, (place + 1) * ID_BYTES), index * ID_BYTES)
  return chosen
}
