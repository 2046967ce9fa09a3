// What a block is sealed with besides its key: the nonce and the additional data of AES-256-GCM (docs/formats/vault.md). Numbers of a pack are used once, and its key
// belongs to it alone, so no nonce is used twice.

import { BLOCK_PLAIN_BYTES_MAX, BLOCK_SEALED_BYTES_MAX, PACK_ID_BYTES, TAG_BYTES, VAULT_ID_BYTES } from './limits.ts'
import type { BlockCompression, BlockKind } from './uplink.ts'

const MAGIC = 'HFBLOCK1'
const AAD_BYTES = MAGIC.length + VAULT_ID_BYTES + PACK_ID_BYTES + 4 + 1 + 1 + 4
export const NONCE_BYTES = 12

/** `trailer`: of a pack. */
export type SealedKind = BlockKind | 'trailer'

export const SEALED_KINDS: readonly SealedKind[] = ['data', 'recipe', 'trailer']
export const COMPRESSIONS: readonly BlockCompression[] = ['none', 'zstd']

export interface BlockFacts {
  readonly packId: Uint8Array
  readonly number: number
  readonly kind: SealedKind
  readonly compression: BlockCompression
  /** Before compression. */
  readonly plainBytes: number
}

/** Eight zero bytes and the number. */
export function blockNonce(number: number): Uint8Array {
  const nonce = Buffer.alloc(NONCE_BYTES)
  nonce.writeUInt32LE(number, NONCE_BYTES - 4)
  return nonce
}

/** Bound to the block by its tag: which vault, which pack, which block of it, and how to read it. */
export function blockAad(vaultId: Uint8Array, facts: BlockFacts): Uint8Array {
  const aad = Buffer.alloc(AAD_BYTES)
  aad.write(MAGIC, 0, 'latin1')
  aad.set(vaultId, 8)
  aad.set(facts.packId, 24)
  aad.writeUInt32LE(facts.number, 40)
  aad.writeUInt8(SEALED_KINDS.indexOf(facts.kind), 44)
  aad.writeUInt8(COMPRESSIONS.indexOf(facts.compression), 45)
  aad.writeUInt32LE(facts.plainBytes, 46)
  return aad
}

/** Whether a data or recipe block may have these sizes. A block that is not compressed is as long as its plain bytes and the tag. */
export function isBlockSize(plainBytes: number, sealedBytes: number, compression: BlockCompression): boolean {
  if (plainBytes === 0 || plainBytes > BLOCK_PLAIN_BYTES_MAX || sealedBytes <= TAG_BYTES || sealedBytes > BLOCK_SEALED_BYTES_MAX) return false
  return compression === 'zstd' || sealedBytes === plainBytes + TAG_BYTES
}
