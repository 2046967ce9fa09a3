// What the vault asks of the rest of `stream/vault`: keys, and work that belongs in threads. The implementations are beside it; tests and simulations run the
// same work in the calling thread.

import type { BlockKind, SealedBlock } from '../../wire/vault/uplink.ts'

/** All that follows from the master key of a vault (keys.ts). Held by the server; never leaves the process but as PackGrant and VaultWelcome. */
export interface VaultKeys {
  /** 16 bytes. */
  readonly vaultId: Uint8Array
  /** Key of the ids of a dedup domain; the domain of all is the empty name. */
  idKey(domain: string): Uint8Array
  /** Seed of the segmenter for a dedup domain. */
  seed(domain: string): Uint8Array
  /** HKDF over the master key, the pack's salt and its id. */
  packKey(packId: Uint8Array, salt: Uint8Array): Uint8Array
  /** A sealed object (sealed-object.ts) of this `kind`, under a key of its own; `name` is authenticated with it, so one object cannot stand for another. */
  seal(kind: ObjectKind, name: string, plain: Uint8Array): Uint8Array
  /** Rejects (throws) `vault-damaged` when it is not what was sealed under that kind and name. */
  open(kind: ObjectKind, name: string, sealed: Uint8Array): Uint8Array
}

export type ObjectKind = 'manifest' | 'ledger' | 'index' | 'mark'

/** A block and the key of its pack. */
export interface KeyedBlock {
  readonly vaultId: Uint8Array
  readonly key: Uint8Array
  readonly block: SealedBlock
}

/** Segments that a reader wants of a block, and where it was told that they lie in its plain bytes. */
export interface WantedSegments {
  readonly idKey: Uint8Array
  /** 32 bytes each. */
  readonly ids: Uint8Array
  readonly starts: Uint32Array
  readonly lengths: Uint32Array
}

/** Threads that open, check and make blocks. All calls may be made at once; each resolves when a thread has done it. */
export interface BlockThreads extends AsyncDisposable {
  /**
   * Opens the block and compares the id of each segment with its bytes; for `recipe` blocks the plain bytes are returned, since the server reads what they name.
   * Rejects with `vault-block-false` when the tag, the length, the compression or an id is not what was said.
   */
  check(block: KeyedBlock, idKey: Uint8Array): Promise<Uint8Array | undefined>
  /**
   * The plain bytes, at most BLOCK_PLAIN_BYTES_MAX whatever the block says; its `ids` and `lengths` may be empty. With `wanted`, the id of each of those segments is
   * compared with its bytes. Rejects with `vault-damaged`.
   */
  open(block: KeyedBlock, wanted?: WantedSegments): Promise<Uint8Array>
  /** Makes a block of plain segments (garbage collection and tests; makers of dumps seal in their own threads). `lengths` sum to `plain.length`. */
  seal(facts: { readonly vaultId: Uint8Array; readonly key: Uint8Array; readonly packId: Uint8Array; readonly number: number; readonly kind: BlockKind; readonly ids: Uint8Array; readonly lengths: Uint32Array; readonly compressLevel: number }, plain: Uint8Array): Promise<SealedBlock>
}
