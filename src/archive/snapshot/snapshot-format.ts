// The tail of a snapshot's file: the table of blocks with the first keys of the inode pages, and the footer. Numbers are big endian. Format:
// docs/formats/snapshot.md. Damage is `base-missing`: a snapshot is read for nothing else but to build on it.

import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ByteReader, ByteWriter } from '../../kernel/bytes.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { SnapshotHeader } from './contract.ts'

export const SNAPSHOT_MAGIC = Buffer.from('HFSNAP01')
/** As a 32-bit word of the machine behind the magic: records have the machine's order. */
export const ORDER_MARK = 0x0102_0304
export const HEAD_BYTES = 12
export const FOOTER_BYTES = 96
/** Uncompressed bound of the table: some hundred million files. */
const TABLE_BYTES_MAX = 256 * 1024 * 1024
const RUN_DIGITS = 14

export function damaged(what: string): Fault {
  return new Fault('base-missing', `the snapshot of the base is damaged: ${what}`)
}

/** Results come in pieces of this size, and then as a copy: large enough that most are one piece. */
const PIECE_BYTES = 72 * 1024

/** The fastest: what is stored is read once or twice. */
export const COMPRESS_LEVEL = 1

export function compress(bytes: Uint8Array): Buffer {
  return zstdCompressSync(bytes, { chunkSize: PIECE_BYTES, params: { [constants.ZSTD_c_compressionLevel]: COMPRESS_LEVEL } })
}

/** `bytes` when uncompressed, which must be `rawBytes` long. */
export function decompress(bytes: Uint8Array, rawBytes: number, what: string): Buffer {
  let raw: Buffer
  try {
    // One piece, with room that is left over: a full one would be followed by another. No small one, so that it can be told from a pool (release-bytes.ts).
    raw = zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, rawBytes), chunkSize: Math.max(PIECE_BYTES, rawBytes + 64) })
  } catch (error) {
    throw new Fault('base-missing', `the snapshot of the base is damaged: ${what}: ${faultOf(error).message}`, { cause: error })
  }
  if (raw.length !== rawBytes) throw damaged(what)
  return raw
}

export { crc32 as crcOf }

export interface SnapshotFooter extends SnapshotHeader {
  readonly tableOffset: number
  readonly tableBytes: number
  readonly tableRawBytes: number
  readonly tableCrc: number
  readonly blockCount: number
  readonly pagesOffset: number
  readonly pageCount: number
  /** Of bytes that are not the snapshot's own; none when there are no bytes of them. */
  readonly extraOffset: number
  readonly extraBytes: number
}

export function encodeFooter(footer: SnapshotFooter): Buffer {
  const writer = new ByteWriter(FOOTER_BYTES)
  writer.u64(footer.tableOffset).u32(footer.tableBytes).u32(footer.tableRawBytes).u32(footer.tableCrc).u32(footer.blockCount)
  writer.u64(footer.pagesOffset).u32(footer.pageCount).u32(footer.level).u64(footer.directoryCount).u64(footer.entryCount)
  writer.put(Buffer.from(footer.run.padEnd(RUN_DIGITS, '\0').slice(0, RUN_DIGITS), 'latin1')).u16(0)
  writer.u64(footer.extraBytes === 0 ? 0 : footer.extraOffset).u32(footer.extraBytes)
  const bytes = Buffer.from(writer.finish())
  return Buffer.concat([bytes, new ByteWriter(12).u32(crc32(bytes)).put(SNAPSHOT_MAGIC).finish()])
}

export function decodeFooter(bytes: Buffer, fileBytes: number): SnapshotFooter {
  if (bytes.length !== FOOTER_BYTES || !bytes.subarray(FOOTER_BYTES - 8).equals(SNAPSHOT_MAGIC)) throw damaged('it does not end as one')
  if (crc32(bytes.subarray(0, FOOTER_BYTES - 12)) !== bytes.readUInt32BE(FOOTER_BYTES - 12)) throw damaged('the checksum of its footer')
  try {
    const reader = new ByteReader(bytes)
    const [tableOffset, tableBytes, tableRawBytes, tableCrc, blockCount] = [reader.u64('table'), reader.u32('table'), reader.u32('table'), reader.u32('table'), reader.u32('blocks')]
    const [pagesOffset, pageCount, level, directoryCount, entryCount] = [reader.u64('pages'), reader.u32('pages'), reader.u32('level'), reader.u64('directories'), reader.u64('entries')]
    const run = Buffer.from(reader.take(RUN_DIGITS, 'run')).toString('latin1').replace(/\0+$/, '')
    reader.u16('reserved')
    const [extraOffset, extraBytes] = [reader.u64('extra'), reader.u32('extra')]
    if (extraOffset + extraBytes > fileBytes) throw damaged('the place of what it carries')
    if (tableOffset + tableBytes > fileBytes || tableRawBytes > TABLE_BYTES_MAX) throw damaged('the place of its table')
    return { tableOffset, tableBytes, tableRawBytes, tableCrc, blockCount, pagesOffset, pageCount, level, run, directoryCount, entryCount, extraOffset, extraBytes }
  } catch (error) {
    if (error instanceof Fault && error.code === 'base-missing') throw error
    throw damaged(faultOf(error).message)
  }
}

/** Gathers the table while blocks are written. */
export class BlockTableWriter {
  readonly #blocks = new ByteWriter(64 * 1024)
  readonly #pages = new ByteWriter(16 * 1024)
  blockCount = 0
  pageCount = 0

  addBlock(offset: number, bytes: Uint8Array, rawBytes: number, firstPath: Uint8Array): void {
    this.#blocks.u64(offset).u32(bytes.length).u32(rawBytes).u32(crc32(bytes)).u32(firstPath.length).put(firstPath)
    this.blockCount++
  }

  /** The first key of a page of inodes. */
  addPage(key: Uint32Array): void {
    for (const word of key) this.#pages.u32(word)
    this.pageCount++
  }

  finish(): Buffer {
    return Buffer.concat([this.#blocks.finish(), this.#pages.finish()])
  }
}

export const KEY_WORDS = 4

export interface BlockTable {
  readonly offsets: Float64Array
  readonly bytes: Uint32Array
  readonly rawBytes: Uint32Array
  readonly crcs: Uint32Array
  /** All first paths, one behind the other, and where each begins; one place more than there are blocks. */
  readonly paths: Uint8Array
  readonly pathPlaces: Uint32Array
  /** `KEY_WORDS` for each page. */
  readonly pageKeys: Uint32Array
}

export function decodeTable(raw: Buffer, { blockCount, pageCount }: SnapshotFooter): BlockTable {
  // A block takes at least 24 bytes, a page 16: what is said cannot make more than was read.
  if (24 * blockCount + 4 * KEY_WORDS * pageCount > raw.length) throw damaged('its table is too short')
  const table = { offsets: new Float64Array(blockCount), bytes: new Uint32Array(blockCount), rawBytes: new Uint32Array(blockCount), crcs: new Uint32Array(blockCount), paths: new Uint8Array(raw.length), pathPlaces: new Uint32Array(blockCount + 1), pageKeys: new Uint32Array(KEY_WORDS * pageCount) }
  const reader = new ByteReader(raw)
  try {
    let place = 0
    for (let block = 0; block < blockCount; block++) {
      table.offsets[block] = reader.u64('block')
      table.bytes[block] = reader.u32('block')
      table.rawBytes[block] = reader.u32('block')
      table.crcs[block] = reader.u32('block')
      const path = reader.take(reader.u32('path'), 'path')
      table.paths.set(path, place)
      table.pathPlaces[block] = place
      place += path.length
    }
    table.pathPlaces[blockCount] = place
    for (let word = 0; word < table.pageKeys.length; word++) table.pageKeys[word] = reader.u32('page')
    reader.finish('table')
    return { ...table, paths: table.paths.slice(0, place) }
  } catch (error) {
    throw damaged(faultOf(error).message)
  }
}
