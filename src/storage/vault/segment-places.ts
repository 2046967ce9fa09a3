// Where the segments of a vault lie, for whoever reads them: the dump reader, the check and garbage collection. The index answers `locate`; `PackFiles` gives
// the sealed bytes of a block and the key of its pack. Nothing here opens a block: that is work for threads (BlockThreads.open), which authenticate it.

import type { BlockThreads } from '../../stream/vault/contract.ts'
import type { BlockFacts } from '../../wire/vault/index-row.ts'
import type { RecipeEntry } from '../../wire/vault/uplink.ts'
import type { VaultDump } from './contract.ts'

/** Facts of the block that holds a segment, and where in its plain bytes the segment lies. */
export interface SegmentPlace extends BlockFacts {
  /** 16 bytes. */
  readonly packId: Uint8Array
  /** Of the segment in the plain bytes of the block. */
  readonly start: number
  readonly length: number
}

export interface SegmentPlaces {
  /** A place for each of `ids` (32 bytes each), in their order; undefined: the vault does not have it. Many at once cost little more than one. */
  locate(ids: Uint8Array): Promise<readonly (SegmentPlace | undefined)[]>
}

export interface PackFiles {
  /** The sealed bytes of the block, as they lie on the disk: not yet authenticated. The array is the caller's. */
  readBlock(place: SegmentPlace): Promise<Uint8Array>
  /** Key of the blocks of a pack. Rejects with `vault-damaged` when the head of the pack is not that of this pack. */
  keyOf(packId: Uint8Array): Promise<Uint8Array>
}

/** What a reader of one dump is made of (`createDumpReader` in dump-reader.ts). */
export interface DumpReaderParts {
  readonly vaultId: Uint8Array
  /** Key of the ids of the dump's domain. */
  readonly idKey: Uint8Array
  readonly dump: VaultDump
  /** The recipe, in the order of the dump. */
  readonly entries: readonly RecipeEntry[]
  readonly places: SegmentPlaces
  readonly packs: PackFiles
  readonly threads: BlockThreads
  /** Lets go of the dump: from then on garbage collection may take it. Called once, when the reader is disposed of. */
  readonly close?: () => Promise<void>
}
