// Bytes of the index file of a dump: block table, footer, paths. Format: docs/formats/index-file.md. Lines are strings of bytes
// (latin1), so that comparing them compares their bytes.

import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ByteReader, ByteWriter } from '../../kernel/bytes.ts'
import { Fault } from '../../kernel/fault.ts'
import { plainIndexLine } from '../../wire/tar/index-entry.ts'
import type { DumpRecord } from '../contract.ts'

export const INDEX_MAGIC = Buffer.from('HFINDEX2')
/** Files with names alone, of at most 16 KiB. They are read as well. */
const INDEX_MAGIC_1 = Buffer.from('HFINDEX1')
export const FOOTER_BYTES = 32
/** Uncompressed. Small enough that a lookup reads little, large enough to compress well. */
export const BLOCK_BYTES = 128 * 1024
/** Longest line. Paths may be longer than PATH_MAX, and each byte may be escaped to four. Longer lines from a peer are left out and counted. */
export const LINE_BYTES_MAX = 128 * 1024
/** Uncompressed bound of the table: some hundred million names. */
const TABLE_BYTES_MAX = 256 * 1024 * 1024

export interface IndexBlock {
  readonly offset: number
  readonly bytes: number
  readonly crc: number
  /** Of its first line, attributes taken off. */
  readonly firstName: string
}

export interface IndexTable {
  readonly blocks: readonly IndexBlock[]
  readonly lineCount: number
}

/** Where the index of a dump lies below the index directory. */
export function indexPath(directory: string, dump: Pick<DumpRecord, 'run' | 'host' | 'disk' | 'level'>): string {
  const part = (name: string): string => encodeURIComponent(name).replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length))
  return `${directory}/${part(dump.host)}/${part(dump.disk)}/${part(dump.run)}_${dump.level}.hfx`
}

/** `text`: sorted lines, each with its line feed. */
export function encodeBlock(text: Uint8Array): Buffer {
  return zstdCompressSync(text)
}

export function crcOf(bytes: Uint8Array): number {
  return crc32(bytes)
}

/** The lines of a block. Throws `index-damaged`. */
export function decodeBlock(bytes: Uint8Array, expectedCrc: number, path: string): string[] {
  const text = uncompress(bytes, expectedCrc, BLOCK_BYTES + LINE_BYTES_MAX + 1, path).toString('latin1')
  const lines = text.split('\n')
  if (lines.pop() !== '') throw new Fault('index-damaged', `${path}: a block has no end`)
  return lines
}

function uncompress(bytes: Uint8Array, expectedCrc: number, limitBytes: number, path: string): Buffer {
  if (crc32(bytes) !== expectedCrc) throw new Fault('index-damaged', `${path}: a checksum is wrong`)
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: limitBytes })
  } catch (error) {
    throw new Fault('index-damaged', `${path}: ${error instanceof Error ? error.message : 'cannot be uncompressed'}`, { cause: error })
  }
}

/** Table and footer for blocks that end at `tableOffset`. */
export function encodeTail(table: IndexTable, tableOffset: number): Buffer {
  const writer = new ByteWriter(64 * 1024)
  for (const block of table.blocks) {
    const name = Buffer.from(block.firstName, 'latin1')
    writer.u64(block.offset).u32(block.bytes).u32(block.crc).u32(name.length).put(name)
  }
  const packed = zstdCompressSync(writer.finish())
  return new ByteWriter(packed.length + FOOTER_BYTES).put(packed).u64(tableOffset).u32(packed.length).u32(crc32(packed)).u64(table.lineCount).put(INDEX_MAGIC).finish()
}

export interface IndexFooter {
  readonly version: 1 | 2
  readonly tableOffset: number
  readonly tableBytes: number
  readonly tableCrc: number
  readonly lineCount: number
}

/** What a reader of bytes throws as damage of the index at `path`. */
function asIndex<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Fault('index-damaged', `${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

export function decodeFooter(bytes: Uint8Array, fileBytes: number, path: string): IndexFooter {
  const magic = bytes.subarray(FOOTER_BYTES - INDEX_MAGIC.length)
  const version = INDEX_MAGIC.equals(magic) ? 2 : INDEX_MAGIC_1.equals(magic) ? 1 : undefined
  if (version === undefined) throw new Fault('index-damaged', `${path} does not end as an index file does`)
  const reader = new ByteReader(bytes)
  const footer: IndexFooter = asIndex(path, () => ({ version, tableOffset: reader.u64('table offset'), tableBytes: reader.u32('table bytes'), tableCrc: reader.u32('table CRC'), lineCount: reader.u64('line count') }))
  if (footer.tableOffset + footer.tableBytes + FOOTER_BYTES !== fileBytes) {
    throw new Fault('index-damaged', `${path} does not end as an index file does`)
  }
  return footer
}

export function decodeTable(bytes: Uint8Array, footer: IndexFooter, path: string): IndexTable {
  const reader = new ByteReader(uncompress(bytes, footer.tableCrc, TABLE_BYTES_MAX, path))
  const blocks: IndexBlock[] = []
  asIndex(path, () => {
    while (reader.remaining > 0) {
      const block = { offset: reader.u64('block offset'), bytes: reader.u32('block bytes'), crc: reader.u32('block CRC') }
      const nameBytes = footer.version === 1 ? reader.u16('name length') : reader.u32('name length')
      blocks.push({ ...block, firstName: plainIndexLine(Buffer.from(reader.take(nameBytes, 'first name')).toString('latin1')) })
    }
  })
  return { blocks, lineCount: footer.lineCount }
}
