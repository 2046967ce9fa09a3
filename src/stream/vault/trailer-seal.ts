// The trailer of a pack under the pack's key: zstd, then AES-256-GCM with the number that no block has (docs/formats/vault.md, "Packs"). A trailer is small and sealed
// once a pack, so this runs in the calling thread.

import { createCipheriv, createDecipheriv } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { Fault } from '../../kernel/fault.ts'
import { blockAad, blockNonce } from '../../wire/vault/block-seal.ts'
import { TAG_BYTES, TRAILER_NUMBER } from '../../wire/vault/limits.ts'
import { decodePackTrailer, encodePackTrailer, type PackTrailer } from '../../wire/vault/pack-trailer.ts'
import type { PackFooter } from '../../wire/vault/pack.ts'

export interface PackSeal {
  readonly vaultId: Uint8Array
  readonly packId: Uint8Array
  /** Of the pack. */
  readonly key: Uint8Array
}

export function sealTrailer(seal: PackSeal, trailer: PackTrailer): { readonly sealed: Uint8Array; readonly plainBytes: number } {
  const plain = encodePackTrailer(trailer)
  const packed = zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  const cipher = createCipheriv('aes-256-gcm', seal.key, blockNonce(TRAILER_NUMBER), { authTagLength: TAG_BYTES })
  cipher.setAAD(aad(seal, plain.length))
  return { sealed: Buffer.concat([cipher.update(packed), cipher.final(), cipher.getAuthTag()]), plainBytes: plain.length }
}

/** `sealed`: where the footer says. Throws `vault-damaged`. */
export function openTrailer(seal: PackSeal, footer: PackFooter, sealed: Uint8Array): PackTrailer {
  const decipher = createDecipheriv('aes-256-gcm', seal.key, blockNonce(TRAILER_NUMBER), { authTagLength: TAG_BYTES })
  decipher.setAAD(aad(seal, footer.plainBytes))
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  const packed = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES))
  let plain: Uint8Array
  try {
    decipher.final()
    plain = zstdDecompressSync(packed, { maxOutputLength: Math.max(1, footer.plainBytes) })
  } catch (error) {
    throw new Fault('vault-damaged', 'the trailer is not what was written: its seal is broken', { cause: error })
  }
  if (plain.length !== footer.plainBytes) throw new Fault('vault-damaged', 'the trailer is shorter than it says')
  return decodePackTrailer(plain, footer.trailerOffset)
}

function aad(seal: PackSeal, plainBytes: number): Uint8Array {
  return blockAad(seal.vaultId, { packId: seal.packId, number: TRAILER_NUMBER, kind: 'trailer', compression: 'zstd', plainBytes })
}
