// The trailer of a pack: which blocks lie where and which segments are in them. With it a lost index is made again. It is sealed as block TRAILER_NUMBER of its pack.
//
//   u16 and UTF-8 domain; u32 blocks; per block:
//   number u32, offset u64, sealedBytes u32, kind u8, compression u8, plainBytes u32, segments u32, then 32 bytes an id, then u32 a length

import { assert } from '../../kernel/assert.ts'
import { COMPRESSIONS, isBlockSize, SEALED_KINDS } from './block-seal.ts'
import { BLOCK_SEGMENTS_MAX, ID_BYTES, PACK_BLOCKS_MAX, PACK_SEGMENTS_MAX, SEGMENT_BYTES_MAX, TRAILER_BYTES_MAX, TRAILER_NUMBER } from './limits.ts'
import type { BlockFacts } from './index-row.ts'
import { PACK_HEADER_BYTES } from './pack.ts'
import { VaultReader, VaultWriter } from './vault-bytes.ts'

export interface TrailerBlock extends BlockFacts {
  readonly ids: Uint8Array
  readonly lengths: Uint32Array
}

export interface PackTrailer {
  /** Dedup domain of everything in the pack. */
  readonly domain: string
  readonly blocks: readonly TrailerBlock[]
}

export function encodePackTrailer(trailer: PackTrailer): Uint8Array {
  const writer = new VaultWriter(64 * 1024).text16(trailer.domain).u32(trailer.blocks.length)
  let segments = 0
  for (const block of trailer.blocks) {
    segments += block.lengths.length
    assert(block.ids.length === block.lengths.length * ID_BYTES, 'each segment has an id and a length')
    writer.u32(block.number).u64(block.offset).u32(block.sealedBytes).u8(SEALED_KINDS.indexOf(block.kind)).u8(COMPRESSIONS.indexOf(block.compression))
    writer.u32(block.plainBytes).u32(block.lengths.length).put(block.ids).u32List(block.lengths)
  }
  assert(segments <= PACK_SEGMENTS_MAX && trailer.blocks.length <= PACK_BLOCKS_MAX && writer.length <= TRAILER_BYTES_MAX, 'a pack is sealed before it holds too much')
  return writer.bytes()
}

/** The blocks lie one behind the other between the header and `trailerOffset`. Ids are views of `bytes`. */
export function decodePackTrailer(bytes: Uint8Array, trailerOffset: number): PackTrailer {
  const reader = new VaultReader(bytes)
  const domain = reader.text16('domain')
  const count = reader.u32('blocks')
  if (count > PACK_BLOCKS_MAX) throw reader.fault(`a pack of ${count} blocks`)
  const blocks: TrailerBlock[] = []
  const numbers = new Set<number>()
  let offset = PACK_HEADER_BYTES
  let segments = 0
  for (let index = 0; index < count; index++) {
    const block = readBlock(reader)
    segments += block.lengths.length
    if (block.offset !== offset) throw reader.fault(`block ${block.number} is said to begin at ${block.offset} and not at ${offset}`)
    if (numbers.has(block.number) || block.number === TRAILER_NUMBER) throw reader.fault(`block ${block.number} is there twice`)
    if (segments > PACK_SEGMENTS_MAX) throw reader.fault(`a pack of more than ${PACK_SEGMENTS_MAX} segments`)
    numbers.add(block.number)
    offset += block.sealedBytes
    blocks.push(block)
  }
  if (offset !== trailerOffset) throw reader.fault(`the blocks of the pack end at ${offset} and the trailer begins at ${trailerOffset}`)
  reader.finish('the trailer')
  return { domain, blocks }
}

function readBlock(reader: VaultReader): TrailerBlock {
  const number = reader.u32('block number')
  const offset = reader.u64('offset of a block')
  const sealedBytes = reader.u32('bytes of a block')
  const kind = SEALED_KINDS[reader.u8('kind of a block')]
  const compression = COMPRESSIONS[reader.u8('compression of a block')]
  const plainBytes = reader.u32('bytes of a block')
  const segments = reader.u32('segments of a block')
  if (kind === undefined || kind === 'trailer' || compression === undefined) throw reader.fault(`block ${number} is of an unknown kind`)
  if (segments === 0 || segments > BLOCK_SEGMENTS_MAX) throw reader.fault(`block ${number} has ${segments} segments`)
  if (!isBlockSize(plainBytes, sealedBytes, compression)) throw reader.fault(`block ${number} has ${plainBytes} bytes in ${sealedBytes}`)
  const ids = reader.take(segments * ID_BYTES, 'ids of a block')
  const lengths = reader.u32List(segments, 'lengths of a block')
  if (!sumsTo(lengths, plainBytes)) throw reader.fault(`the segments of block ${number} are not as long as the block`)
  return { number, offset, sealedBytes, kind, compression, plainBytes, ids, lengths }
}

/** Whether these are lengths of segments whose sum is `bytes`. */
export function sumsTo(lengths: Uint32Array, bytes: number): boolean {
  let sum = 0
  for (const length of lengths) {
    if (length === 0 || length > SEGMENT_BYTES_MAX) return false
    sum += length
  }
  return sum === bytes
}
