// What the maker of a dump (the agent's archiver, or the server's cutter for what stock clients send) asks of a vault, wherever that is: `storage/vault`
// answers in the same process, `agent/vault` over the DATA stream (talk frames, docs/protocol/vault.md), which the server turns into the same calls. All byte arrays of one
// call are lent until its promise settles.

/** Facts of a vault that a maker needs. Secret: never in a log, never in an argument list. */
export interface VaultWelcome {
  /** 16 bytes. */
  readonly vaultId: Uint8Array
  /** 32 bytes: key of the ids of this dedup domain. */
  readonly idKey: Uint8Array
  /** 32 bytes: seed of the segmenter. */
  readonly seed: Uint8Array
  /** zstd level, 1 to 19. */
  readonly compressLevel: number
  /** The newest whole dump of the same disk, made by the same kind of maker; while this dump runs, nothing of it goes. */
  readonly base: VaultBase | undefined
}

export interface VaultBase {
  /** Name of its manifest. */
  readonly manifest: string
  /** `YYYYMMDDhhmmss`. */
  readonly run: string
}

/** A pack that the maker may fill: blocks are sealed under `key`, each with a number used once. */
export interface PackGrant {
  /** 16 bytes. */
  readonly packId: Uint8Array
  /** 32 bytes. */
  readonly key: Uint8Array
}

/** `recipe`: segments of a recipe (recipe.ts). */
export type BlockKind = 'data' | 'recipe'
export type BlockCompression = 'none' | 'zstd'

export interface SealedBlock {
  readonly packId: Uint8Array
  /** Its number in the pack; the nonce. */
  readonly number: number
  readonly kind: BlockKind
  readonly compression: BlockCompression
  readonly plainBytes: number
  /** Ids of the segments, 32 bytes each, in the order of their bytes. */
  readonly ids: Uint8Array
  /** Bytes of each segment; their sum is `plainBytes`. */
  readonly lengths: Uint32Array
  /** Ciphertext and tag. */
  readonly sealed: Uint8Array
}

/** A piece of the recipe, in the order of the dump. */
export interface RecipeEntry {
  /** 32 bytes: id of a segment of kind `recipe`. */
  readonly id: Uint8Array
  readonly recipeBytes: number
  /** Bytes of the dump that it describes, and their CRC-32C. */
  readonly nativeBytes: number
  readonly crc: number
  /** The directory that its names are in (recipe.ts), with a slash at its end; empty: it names none. */
  readonly directory: Uint8Array
}

export interface DumpFacts {
  readonly nativeBytes: number
  /** CRC-32C of all of the dump. */
  readonly nativeCrc: number
  /** Of the recipe's members. */
  readonly members: number
  /** Bytes of files that were read, and of those that the base proved unchanged. */
  readonly readBytes: number
  readonly unchangedBytes: number
}

export interface CommittedDump {
  readonly manifest: string
}

export interface VaultUplink {
  welcome(): Promise<VaultWelcome>
  /** Which of `ids` (32 bytes each, at most QUERY_IDS_MAX) the vault has: a bit each, lowest first. A yes holds until this dump ends. */
  known(ids: Uint8Array): Promise<Uint8Array>
  /** A Bloom filter of all ids (id-filter.ts) of at most FILTER_BYTES_MAX: what is not in it is unknown, and need not be asked. Undefined: the vault is too large for one. */
  filter(): Promise<Uint8Array | undefined>
  grantPack(): Promise<PackGrant>
  /** Resolves when there is room for more. Blocks of a pack may come in any order of their numbers. */
  sendBlock(block: SealedBlock): Promise<void>
  /** No more blocks come for the pack: it becomes durable and its segments known. */
  sealPack(packId: Uint8Array): Promise<void>
  /** In the order of the dump. An entry is judged when its segment is there; before the block that holds it is best, since the segment need not be read again then. */
  sendRecipe(entries: readonly RecipeEntry[]): Promise<void>
  /** All was sent. Resolves when the dump is durable and listed; rejects with why it is not. */
  finish(facts: DumpFacts): Promise<CommittedDump>
}
