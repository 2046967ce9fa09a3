// Seals and opens the trailer of a pack under the pack's key, as block TRAILER_NUMBER. It is compressed when that makes it smaller.

import { createCipheriv, createDecipheriv } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { Fault } from '../../kernel/fault.ts'
import { blockAad, blockNonce, type BlockFacts } from '../../wire/vault/block-seal.ts'
import { TAG_BYTES, TRAILER_BYTES_MAX, TRAILER_NUMBER } from '../../wire/vault/limits.ts'
import { decodePackTrailer, encodePackTrailer, type PackTrailer } from '../../wire/vault/pack-trailer.ts'
import type { PackFooter } from '../../wire/vault/pack.ts'
import type { BlockCompression } from '../../wire/vault/uplink.ts'

export interface TrailerPlace {
  readonly key: Uint8Array
  readonly vaultId: Uint8Array
  readonly packId: Uint8Array
}

export function sealTrailer(place: TrailerPlace, trailer: PackTrailer): { readonly sealed: Uint8Array; readonly plainBytes: number } {
  const plain = encodePackTrailer(trailer)
  const zstd = zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  // The reader knows which it is by the length, so a compressed one must be shorter.
  const isSmaller = zstd.length < plain.length
  const facts = factsOf(place, plain.length, isSmaller ? 'zstd' : 'none')
  const cipher = createCipheriv('aes-256-gcm', place.key, blockNonce(TRAILER_NUMBER), { authTagLength: TAG_BYTES })
  cipher.setAAD(blockAad(place.vaultId, facts))
  return { sealed: Buffer.concat([cipher.update(isSmaller ? zstd : plain), cipher.final(), cipher.getAuthTag()]), plainBytes: plain.length }
}

/** `sealed` is what lies between `footer.trailerOffset` and the footer. Throws `vault-damaged`. */
export function openTrailer(place: TrailerPlace, footer: PackFooter, sealed: Uint8Array): PackTrailer {
  if (sealed.length !== footer.sealedBytes || sealed.length <= TAG_BYTES || footer.plainBytes > TRAILER_BYTES_MAX) throw new Fault('vault-damaged', 'the trailer of the pack is not where the footer says')
  const end = sealed.length - TAG_BYTES
  const compression = end < footer.plainBytes ? 'zstd' : 'none'
  const decipher = createDecipheriv('aes-256-gcm', place.key, blockNonce(TRAILER_NUMBER), { authTagLength: TAG_BYTES })
  decipher.setAAD(blockAad(place.vaultId, factsOf(place, footer.plainBytes, compression)))
  decipher.setAuthTag(sealed.subarray(end))
  const stored = decipher.update(sealed.subarray(0, end))
  try {
    decipher.final()
  } catch (error) {
    throw new Fault('vault-damaged', 'the trailer of the pack is not what was written: its seal is broken', { cause: error })
  }
  return decodePackTrailer(compression === 'none' ? stored : uncompressed(stored, footer.plainBytes), footer.trailerOffset)
}

function factsOf(place: TrailerPlace, plainBytes: number, compression: BlockCompression): BlockFacts {
  return { packId: place.packId, number: TRAILER_NUMBER, kind: 'trailer', compression, plainBytes }
}

function uncompressed(stored: Uint8Array, plainBytes: number): Uint8Array {
  try {
    const plain = zstdDecompressSync(stored, { maxOutputLength: plainBytes })
    if (plain.length === plainBytes) return plain
  } catch (error) {
    throw new Fault('vault-damaged', 'the trailer of the pack cannot be uncompressed', { cause: error })
  }
  throw new Fault('vault-damaged', 'the trailer of the pack is shorter than it says')
}
