// The clear parts of a pack: its header in front of the blocks and its footer behind the trailer. What they say is authenticated by what it leads to: the salt makes the key that
// opens the trailer, whose additional data are vault and pack.

import { Fault } from '../../kernel/fault.ts'
import { PACK_ID_BYTES, SALT_BYTES, TAG_BYTES, TRAILER_BYTES_MAX, VAULT_ID_BYTES } from './limits.ts'
import { VaultReader, VaultWriter } from './vault-bytes.ts'

const HEADER_MAGIC = 'HFPACK01'
const FOOTER_MAGIC = 'HFPKEND1'
const MAGIC_BYTES = 8
/** Magic, vault, pack, salt. The first block follows. */
export const PACK_HEADER_BYTES = MAGIC_BYTES + VAULT_ID_BYTES + PACK_ID_BYTES + SALT_BYTES
/** Offset, sealed bytes, plain bytes, magic. */
export const PACK_FOOTER_BYTES = 8 + 4 + 4 + MAGIC_BYTES

export interface PackHeader {
  readonly vaultId: Uint8Array
  readonly packId: Uint8Array
  readonly salt: Uint8Array
}

/** Where the sealed trailer lies. */
export interface PackFooter {
  readonly trailerOffset: number
  readonly sealedBytes: number
  readonly plainBytes: number
}

export function encodePackHeader(header: PackHeader): Uint8Array {
  return new VaultWriter(PACK_HEADER_BYTES).put(Buffer.from(HEADER_MAGIC, 'latin1')).put(header.vaultId).put(header.packId).put(header.salt).bytes()
}

/** The first PACK_HEADER_BYTES of a pack. */
export function decodePackHeader(bytes: Uint8Array): PackHeader {
  const reader = new VaultReader(bytes)
  magic(reader, HEADER_MAGIC, 'the pack has no header')
  return { vaultId: reader.take(VAULT_ID_BYTES, 'vault'), packId: reader.take(PACK_ID_BYTES, 'pack'), salt: reader.take(SALT_BYTES, 'salt') }
}

export function encodePackFooter(footer: PackFooter): Uint8Array {
  return new VaultWriter(PACK_FOOTER_BYTES).u64(footer.trailerOffset).u32(footer.sealedBytes).u32(footer.plainBytes).put(Buffer.from(FOOTER_MAGIC, 'latin1')).bytes()
}

/** The last PACK_FOOTER_BYTES of a pack that has `packBytes`. */
export function decodePackFooter(bytes: Uint8Array, packBytes: number): PackFooter {
  const reader = new VaultReader(bytes)
  const footer = { trailerOffset: reader.u64('offset of the trailer'), sealedBytes: reader.u32('bytes of the trailer'), plainBytes: reader.u32('bytes of the trailer') }
  magic(reader, FOOTER_MAGIC, 'the pack has no footer')
  const isInside = footer.trailerOffset >= PACK_HEADER_BYTES && footer.trailerOffset + footer.sealedBytes + PACK_FOOTER_BYTES === packBytes
  if (!isInside || footer.plainBytes > TRAILER_BYTES_MAX || footer.sealedBytes <= TAG_BYTES || footer.sealedBytes > TRAILER_BYTES_MAX + TAG_BYTES) throw new Fault('vault-damaged', 'the trailer of the pack is not where the footer says')
  return footer
}

/** Path of a pack below the vault's directory. */
export function packPath(packId: Uint8Array): string {
  const name = Buffer.from(packId.buffer, packId.byteOffset, packId.byteLength).toString('hex')
  return `packs/${name.slice(0, 2)}/${name}`
}

function magic(reader: VaultReader, expected: string, message: string): void {
  if (Buffer.from(reader.take(MAGIC_BYTES, 'magic')).toString('latin1') !== expected) throw new Fault('vault-damaged', message)
}
