// Shares the holding disks out among dumps, as Amanda does: a dump begins on the disk that the fewest dumps fill now, of those on the one with
// most room, and goes on to the next when that is full. Room that was promised to a dump is nobody else's until the dump has ended. Pure.

import type { HoldingDiskRoom, HoldingPiece } from '../../storage/holding/contract.ts'
import type { Job } from './driver-state.ts'

/** Header of a chunk, and what sizes are rounded to. */
export const BLOCK_BYTES = 32 * 1024
/** A header and one block of data; less is no use. */
const PIECE_BYTES_MIN = 2 * BLOCK_BYTES
/** By how much a dump that turned out larger grows at a time. */
const GROWTH = 1.05
const GROWTH_BYTES_MIN = 64 * 1024

/** One holding disk as the next dump finds it. */
export interface OpenDisk {
  readonly freeBytes: number
  readonly chunkBytes: number
  /** Dumps that are being written to it. */
  readonly writers: number
}

export function openDisks(disks: readonly HoldingDiskRoom[], running: readonly Job[]): OpenDisk[] {
  const pieces = running.map(({ mode }) => (mode.kind === 'running' ? mode.pieces : []))
  return disks.map(({ availableBytes, chunkBytes }, disk) => {
    const promised = pieces.flat().reduce((sum, piece) => (piece.disk === disk ? sum + piece.bytes : sum), 0)
    return { freeBytes: availableBytes - promised, chunkBytes, writers: pieces.filter((those) => those.some((piece) => piece.disk === disk)).length }
  })
}

/** Bytes that `dataBytes` take with the headers of their chunks. */
export function withHeaders(dataBytes: number, chunkBytes: number): number {
  const blocks = Math.max(1, Math.ceil(dataBytes / BLOCK_BYTES))
  const blocksOfChunk = Math.max(1, Math.floor(chunkBytes / BLOCK_BYTES) - 1)
  return (blocks + Math.ceil(blocks / blocksOfChunk)) * BLOCK_BYTES
}

/** Data that a piece of `bytes` has room for, whole blocks of it. */
function dataOf(bytes: number, chunkBytes: number): number {
  const blocks = Math.floor(bytes / BLOCK_BYTES)
  return (blocks - Math.ceil(blocks / Math.max(2, Math.floor(chunkBytes / BLOCK_BYTES)))) * BLOCK_BYTES
}

/** Data that all disks together have room for. */
export function roomBytes(disks: readonly OpenDisk[]): number {
  return disks.reduce((sum, { freeBytes, chunkBytes }) => sum + (freeBytes < PIECE_BYTES_MIN ? 0 : dataOf(freeBytes, chunkBytes)), 0)
}

/** Pieces for `dataBytes`, beginning on `preferred` if that has room; undefined when all disks together have not enough. */
export function allocate(disks: readonly OpenDisk[], dataBytes: number, preferred?: number): readonly HoldingPiece[] | undefined {
  const useful = disks.map((disk, index) => ({ ...disk, index })).filter(({ freeBytes }) => freeBytes >= PIECE_BYTES_MIN)
  useful.sort((one, other) => Number(other.index === preferred) - Number(one.index === preferred) || one.writers - other.writers || other.freeBytes - one.freeBytes)
  const pieces: HoldingPiece[] = []
  let left = Math.max(1, dataBytes)
  for (const { index, freeBytes, chunkBytes } of useful) {
    const bytes = Math.min(Math.floor(freeBytes / BLOCK_BYTES) * BLOCK_BYTES, withHeaders(left, chunkBytes))
    pieces.push({ disk: index, bytes })
    left -= dataOf(bytes, chunkBytes)
    if (left <= 0) return pieces
  }
  return undefined
}

/** What a dump that was thought to have `estimatedBytes` is thought to have once it wants more room. */
export function grownBytes(estimatedBytes: number): number {
  return Math.ceil(Math.max(estimatedBytes * GROWTH, estimatedBytes + GROWTH_BYTES_MIN) / BLOCK_BYTES) * BLOCK_BYTES
}
