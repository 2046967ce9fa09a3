// The parts of an index segment that are not pages (docs/formats/vault.md): the clear header in front, the head (which packs it is of, how long its pages are) and
// the clear footer, which says where head and fingerprints lie.
//
//   head, sealed as NAME/head:   u8 1; u16 domains, each u16 and UTF-8; u32 packs, each 16 bytes id and u16 domain; u32 rows; u8 bits of the buckets;
//                                u32 pages, each u32 sealed bytes
//   footer:                      u64 offset of the head, u32 its sealed bytes, u32 sealed bytes of the fingerprints behind it, magic

import { Fault } from '../../kernel/fault.ts'
import { PACK_ID_BYTES, VAULT_ID_BYTES } from './limits.ts'
import { VaultReader, VaultWriter } from './vault-bytes.ts'

const HEADER_MAGIC = 'HFINDEX1'
const FOOTER_MAGIC = 'HFIXEND1'
const MAGIC_BYTES = 8
const NAME_BYTES = 16
const VERSION = 1
export const INDEX_HEADER_BYTES = MAGIC_BYTES + VAULT_ID_BYTES + NAME_BYTES
export const INDEX_FOOTER_BYTES = 8 + 4 + 4 + MAGIC_BYTES
/** A page of 15 KiB answers one question with little to read. */
export const INDEX_PAGE_ROWS = 256
export const INDEX_ROWS_MAX = 2 ** 24
/** Packs, pages and domains of the largest segment stay far below it. */
export const INDEX_HEAD_BYTES_MAX = 64 * 1024 * 1024

export interface IndexHead {
  readonly domains: readonly string[]
  /** 16 bytes each, and the domain of each. */
  readonly packIds: Uint8Array
  readonly packDomains: Uint16Array
  readonly rows: number
  readonly bucketBits: number
  /** Sealed bytes of each page. */
  readonly pageBytes: Uint32Array
}

export interface IndexFooter {
  readonly headOffset: number
  readonly headBytes: number
  readonly printsBytes: number
}

/** `name`: 32 hexadecimal digits. */
export function encodeIndexHeader(vaultId: Uint8Array, name: string): Uint8Array {
  return new VaultWriter(INDEX_HEADER_BYTES).put(Buffer.from(HEADER_MAGIC, 'latin1')).put(vaultId).put(Buffer.from(name, 'hex')).bytes()
}

export function encodeIndexHead(head: IndexHead): Uint8Array {
  const packs = head.packDomains.length
  const writer = new VaultWriter(64 + packs * (PACK_ID_BYTES + 2) + head.pageBytes.byteLength).u8(VERSION).u16(head.domains.length)
  for (const domain of head.domains) writer.text16(domain)
  writer.u32(packs)
  for (let pack = 0; pack < packs; pack++) writer.put(head.packIds.subarray(pack * PACK_ID_BYTES, (pack + 1) * PACK_ID_BYTES)).u16(head.packDomains[pack] ?? 0)
  return writer.u32(head.rows).u8(head.bucketBits).u32(head.pageBytes.length).u32List(head.pageBytes).bytes()
}

export function decodeIndexHead(bytes: Uint8Array): IndexHead {
  const reader = new VaultReader(bytes)
  const version = reader.u8('version')
  if (version !== VERSION) throw new Fault('vault-newer', `an index segment has version ${version}`)
  const domains = Array.from({ length: reader.u16('domains') }, () => reader.text16('domain'))
  const packs = reader.u32('packs')
  if (packs > reader.remaining / (PACK_ID_BYTES + 2)) throw reader.fault(`an index of ${packs} packs`)
  const packIds = new Uint8Array(packs * PACK_ID_BYTES)
  const packDomains = new Uint16Array(packs)
  for (let pack = 0; pack < packs; pack++) {
    packIds.set(reader.take(PACK_ID_BYTES, 'pack'), pack * PACK_ID_BYTES)
    packDomains[pack] = reader.u16('domain of a pack')
    if ((packDomains[pack] ?? 0) >= domains.length) throw reader.fault('a pack of an index is of no domain')
  }
  const rows = reader.u32('rows')
  const bucketBits = reader.u8('bits')
  const pages = reader.u32('pages')
  if (rows === 0 || rows > INDEX_ROWS_MAX || pages !== Math.ceil(rows / INDEX_PAGE_ROWS)) throw reader.fault(`an index of ${rows} rows in ${pages} pages`)
  const pageBytes = reader.u32List(pages, 'bytes of pages').slice()
  reader.finish('the head of an index')
  return { domains, packIds, packDomains, rows, bucketBits, pageBytes }
}

export function encodeIndexFooter(footer: IndexFooter): Uint8Array {
  return new VaultWriter(INDEX_FOOTER_BYTES).u64(footer.headOffset).u32(footer.headBytes).u32(footer.printsBytes).put(Buffer.from(FOOTER_MAGIC, 'latin1')).bytes()
}

/** The last INDEX_FOOTER_BYTES of a segment of `fileBytes`. */
export function decodeIndexFooter(bytes: Uint8Array, fileBytes: number): IndexFooter {
  const reader = new VaultReader(bytes)
  const footer = { headOffset: reader.u64('offset of the head'), headBytes: reader.u32('bytes of the head'), printsBytes: reader.u32('bytes of the fingerprints') }
  if (Buffer.from(reader.take(MAGIC_BYTES, 'magic')).toString('latin1') !== FOOTER_MAGIC) throw reader.fault('the index segment has no footer')
  const isInside = footer.headOffset >= INDEX_HEADER_BYTES && footer.headBytes <= INDEX_HEAD_BYTES_MAX && footer.headOffset + footer.headBytes + footer.printsBytes + INDEX_FOOTER_BYTES === fileBytes
  if (!isInside) throw reader.fault('the head of the index segment is not where the footer says')
  return footer
}
