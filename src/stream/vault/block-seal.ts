// A block under the key of its pack: zstd or as it is, then AES-256-GCM. Format: docs/formats/vault.md, "Blocks". Synchronous; used in threads. A number of a pack must
// be given once only: it is the nonce.

import { createCipheriv } from 'node:crypto'
import { assert } from '../../kernel/assert.ts'
import { PACK_ID_BYTES, TAG_BYTES, VAULT_ID_BYTES } from '../../wire/vault/limits.ts'
import type { BlockCompression, BlockKind, SealedBlock } from '../../wire/vault/uplink.ts'
import { ZstdPacker } from './zstd-blocks.ts'

export const BLOCK_CIPHER = 'aes-256-gcm'
/** Of one call of the cipher: results of this size come from memory that was used before. */
export const CIPHER_PIECE_BYTES = 32 * 1024
const NONCE_BYTES = 12
const MAGIC = Buffer.from('HFBLOCK1')
const ASSOCIATED_BYTES = MAGIC.length + VAULT_ID_BYTES + PACK_ID_BYTES + 10
/** What zstd saves less than one part in this many of is stored as it is: it opens faster. */
const GAIN_PARTS = 32

export function blockNonce(number: number): Uint8Array {
  const nonce = Buffer.alloc(NONCE_BYTES)
  nonce.writeUInt32LE(number, NONCE_BYTES - 4)
  return nonce
}

/** What is authenticated with the block and not encrypted. */
export function blockAssociated(facts: { readonly vaultId: Uint8Array; readonly packId: Uint8Array; readonly number: number; readonly kind: BlockKind; readonly compression: BlockCompression; readonly plainBytes: number }): Uint8Array {
  const bytes = Buffer.alloc(ASSOCIATED_BYTES)
  bytes.set(MAGIC)
  let at = MAGIC.length
  bytes.set(facts.vaultId, at)
  at += VAULT_ID_BYTES
  bytes.set(facts.packId, at)
  at += PACK_ID_BYTES
  at = bytes.writeUInt32LE(facts.number, at)
  at = bytes.writeUInt8(facts.kind === 'data' ? 0 : 1, at)
  at = bytes.writeUInt8(facts.compression === 'none' ? 0 : 1, at)
  bytes.writeUInt32LE(facts.plainBytes, at)
  return bytes
}

/** All of a block but its bytes. */
export interface BlockFacts {
  /** 16 bytes. */
  readonly vaultId: Uint8Array
  /** 32 bytes: of the pack. */
  readonly key: Uint8Array
  readonly packId: Uint8Array
  readonly number: number
  readonly kind: BlockKind
  readonly ids: Uint8Array
  readonly lengths: Uint32Array
}

export class BlockSealer {
  readonly #packer: ZstdPacker

  constructor(compressLevel: number) {
    this.#packer = new ZstdPacker(compressLevel)
  }

  /**
   * Seals `plain`, which may lie in shared memory. The result lies at the start of `target` (plain bytes + TAG_BYTES at most), which may be shared memory and is
   * used again by the caller; without one, in memory of its own.
   */
  seal(facts: BlockFacts, plain: Uint8Array, target?: Uint8Array): SealedBlock {
    const packed = this.#packer.pack(plain)
    const isPacked = packed.length <= plain.length - Math.ceil(plain.length / GAIN_PARTS)
    const clear = isPacked ? packed : plain
    const block = { packId: facts.packId, number: facts.number, kind: facts.kind, compression: isPacked ? 'zstd' : 'none', plainBytes: plain.length, ids: facts.ids, lengths: facts.lengths } as const
    const sealed = target === undefined ? new Uint8Array(clear.length + TAG_BYTES) : target.subarray(0, clear.length + TAG_BYTES)
    assert(sealed.length === clear.length + TAG_BYTES, 'the target of a block is too small')
    const cipher = createCipheriv(BLOCK_CIPHER, facts.key, blockNonce(facts.number))
    cipher.setAAD(blockAssociated({ ...block, vaultId: facts.vaultId }))
    for (let at = 0; at < clear.length; at += CIPHER_PIECE_BYTES) sealed.set(cipher.update(clear.subarray(at, at + CIPHER_PIECE_BYTES)), at)
    cipher.final()
    sealed.set(cipher.getAuthTag(), clear.length)
    return { ...block, sealed }
  }

  close(): void {
    this.#packer.close()
  }
}
