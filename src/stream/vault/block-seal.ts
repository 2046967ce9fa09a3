// A block under the key of its pack: zstd or as it is, then AES-256-GCM. Format: docs/formats/vault.md, "Blocks". Synchronous; used in threads. A number of a pack must
// be given once only: it is the nonce.

import { createCipheriv } from 'node:crypto'
import { assert } from '../../kernel/assert.ts'
import { releaseBytes } from '../../kernel/release-bytes.ts'
import { blockAad, blockNonce } from '../../wire/vault/block-seal.ts'
import { TAG_BYTES } from '../../wire/vault/limits.ts'
import type { BlockKind, SealedBlock } from '../../wire/vault/uplink.ts'
import { ZstdPacker } from './zstd-blocks.ts'

export const BLOCK_CIPHER = 'aes-256-gcm'
/** Of one call of the cipher: what a result was in is given back at once, and is there for the next. */
export const CIPHER_PIECE_BYTES = 32 * 1024
/** What zstd saves less than one part in this many of is stored as it is: it opens faster. */
const GAIN_PARTS = 32

/** All of a block but its bytes. */
export interface SealFacts {
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
  seal(facts: SealFacts, plain: Uint8Array, target?: Uint8Array): SealedBlock {
    const packed = this.#packer.pack(plain)
    const isPacked = packed.length <= plain.length - Math.ceil(plain.length / GAIN_PARTS)
    const clear = isPacked ? packed : plain
    const block = { packId: facts.packId, number: facts.number, kind: facts.kind, compression: isPacked ? 'zstd' : 'none', plainBytes: plain.length, ids: facts.ids, lengths: facts.lengths } as const
    const sealed = target === undefined ? new Uint8Array(clear.length + TAG_BYTES) : target.subarray(0, clear.length + TAG_BYTES)
    assert(sealed.length === clear.length + TAG_BYTES, 'the target of a block is too small')
    const cipher = createCipheriv(BLOCK_CIPHER, facts.key, blockNonce(facts.number))
    cipher.setAAD(blockAad(facts.vaultId, block))
    for (let at = 0; at < clear.length; at += CIPHER_PIECE_BYTES) {
      const piece = cipher.update(clear.subarray(at, at + CIPHER_PIECE_BYTES))
      sealed.set(piece, at)
      releaseBytes(piece)
    }
    cipher.final()
    sealed.set(cipher.getAuthTag(), clear.length)
    return { ...block, sealed }
  }

  close(): void {
    this.#packer.close()
  }
}
