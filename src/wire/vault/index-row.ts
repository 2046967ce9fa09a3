// A row of the index of a vault (docs/formats/vault.md): the id of a segment and where it lies, 60 bytes, little-endian. The same bytes stand in the pages of an
// index segment, where `pack` counts the packs in the head of that segment, and in tables in memory, where it counts the packs of the catalogue.
//
//    0  id 32      32  pack u32     36  offset u32 of the sealed block in the pack     40  sealed bytes u32     44  number of the block u32
//   48  plain bytes u32, bit 24: kind recipe, bit 25: zstd                             52  start u32            56  length u32

import { Fault } from '../../kernel/fault.ts'
import { BLOCK_PLAIN_BYTES_MAX, BLOCK_SEALED_BYTES_MAX, ID_BYTES, TRAILER_NUMBER } from './limits.ts'
import type { BlockCompression, BlockKind } from './uplink.ts'

export const INDEX_ROW_BYTES = 60
const PACK_AT = 32
const OFFSET_AT = 36
const SEALED_AT = 40
const NUMBER_AT = 44
const PLAIN_AT = 48
const START_AT = 52
const LENGTH_AT = 56
const PLAIN_MASK = 0xff_ffff
const RECIPE_BIT = 1 << 24
const ZSTD_BIT = 1 << 25

/** A block in a pack. */
export interface BlockFacts {
  /** Used once in its pack: the nonce. */
  readonly number: number
  /** Of the sealed block in the pack's file. */
  readonly offset: number
  readonly sealedBytes: number
  readonly kind: BlockKind
  readonly compression: BlockCompression
  readonly plainBytes: number
}

/** Everything of a row but its id. */
export interface IndexRow extends BlockFacts {
  readonly pack: number
  readonly start: number
  readonly length: number
}

/** Writes the row for the id at `idAt` of `ids` to `target` at `at`. */
export function writeIndexRow(target: Buffer, at: number, ids: Uint8Array, idAt: number, pack: number, block: BlockFacts, start: number, length: number): void {
  target.set(ids.subarray(idAt, idAt + ID_BYTES), at)
  target.writeUInt32LE(pack, at + PACK_AT)
  target.writeUInt32LE(block.offset, at + OFFSET_AT)
  target.writeUInt32LE(block.sealedBytes, at + SEALED_AT)
  target.writeUInt32LE(block.number, at + NUMBER_AT)
  target.writeUInt32LE(block.plainBytes | (block.kind === 'recipe' ? RECIPE_BIT : 0) | (block.compression === 'zstd' ? ZSTD_BIT : 0), at + PLAIN_AT)
  target.writeUInt32LE(start, at + START_AT)
  target.writeUInt32LE(length, at + LENGTH_AT)
}

export function readIndexRow(rows: Buffer, at: number): IndexRow {
  const facts = rows.readUInt32LE(at + PLAIN_AT)
  return {
    pack: rows.readUInt32LE(at + PACK_AT),
    offset: rows.readUInt32LE(at + OFFSET_AT),
    sealedBytes: rows.readUInt32LE(at + SEALED_AT),
    number: rows.readUInt32LE(at + NUMBER_AT),
    kind: (facts & RECIPE_BIT) === 0 ? 'data' : 'recipe',
    compression: (facts & ZSTD_BIT) === 0 ? 'none' : 'zstd',
    plainBytes: facts & PLAIN_MASK,
    start: rows.readUInt32LE(at + START_AT),
    length: rows.readUInt32LE(at + LENGTH_AT),
  }
}

export function packOfRow(rows: Buffer, at: number): number {
  return rows.readUInt32LE(at + PACK_AT)
}

export function lengthOfRow(rows: Buffer, at: number): number {
  return rows.readUInt32LE(at + LENGTH_AT)
}

export function setPackOfRow(rows: Buffer, at: number, pack: number): void {
  rows.writeUInt32LE(pack, at + PACK_AT)
}

/** Refuses a page of rows that no writer makes: bytes that are no rows, ids that fall, packs that are not there, segments beyond their block. */
export function checkIndexRows(page: Buffer, rowsMax: number, packCount: number): void {
  const rows = page.length / INDEX_ROW_BYTES
  if (!Number.isInteger(rows) || rows === 0 || rows > rowsMax) throw new Fault('wire-malformed', `a page of an index has ${page.length} bytes`)
  for (let at = 0; at < page.length; at += INDEX_ROW_BYTES) {
    if (at > 0 && page.compare(page, at, at + ID_BYTES, at - INDEX_ROW_BYTES, at - INDEX_ROW_BYTES + ID_BYTES) > 0) throw new Fault('wire-malformed', 'the ids of a page of an index are not in order')
    const plainBytes = page.readUInt32LE(at + PLAIN_AT) & PLAIN_MASK
    const end = page.readUInt32LE(at + START_AT) + page.readUInt32LE(at + LENGTH_AT)
    const isSound = page.readUInt32LE(at + PACK_AT) < packCount && plainBytes <= BLOCK_PLAIN_BYTES_MAX && end <= plainBytes && page.readUInt32LE(at + SEALED_AT) <= BLOCK_SEALED_BYTES_MAX && page.readUInt32LE(at + NUMBER_AT) < TRAILER_NUMBER
    if (!isSound) throw new Fault('wire-malformed', 'a row of an index names what cannot be')
  }
}
