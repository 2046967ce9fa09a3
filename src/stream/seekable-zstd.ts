// Compresses to zstd in frames that stand alone, several at once on the threads of node, with a seek table at the end: any byte can be had by reading one
// frame, and every zstd reads the whole as one stream. Format: docs/formats/seekable-zstd.md.

import { constants, zstdCompress } from 'node:zlib'
import { promisify } from 'node:util'
import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import { BoundedQueue } from '../kernel/queue.ts'
import { FrameBlocks, type FrameBlock } from './frame-blocks.ts'
import { SeekTableWriter } from './seek-table.ts'

const compress = promisify(zstdCompress)

/** Smaller ones compress worse by more than a few percent; larger ones make a reader uncompress more than it wants. */
const FRAME_BYTES = 1024 * 1024
/** Frames double at every 256 Ki of them up to 8 MiB, so that the table of a dump of many terabytes stays small. */
const FRAMES_PER_SIZE = 256 * 1024
const DOUBLINGS_MAX = 3
/** What a call gives out at once. Measured: smaller costs calls, larger page faults. */
const CHUNK_BYTES = 256 * 1024
/** Blocks limit it before. */
const QUEUE_MAX = 16

interface Frame {
  readonly bytes: number
  readonly stored: Buffer
  readonly block: FrameBlock
}

function frameBytes(frameCount: number): number {
  return FRAME_BYTES * 2 ** Math.min(DOUBLINGS_MAX, Math.floor(frameCount / FRAMES_PER_SIZE))
}

/** `source`, which it owns from then on, compressed at `level`. */
export function seekableZstd(source: ByteSource, level: number): ByteSource {
  const frames = new BoundedQueue<Promise<Frame>>(QUEUE_MAX)
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 }
  const table = new SeekTableWriter()
  const blocks = new FrameBlocks()
  /** Of the frame that is handed on. */
  let current: FrameBlock | undefined
  let ended: Fault | undefined
  let rest: Buffer = Buffer.alloc(0)
  let isAtEnd = false

  const end = (reason: Fault): Fault => {
    if (ended === undefined) {
      ended = reason
      source.cancel(reason)
      frames.close(reason)
      blocks.close()
    }
    return ended
  }
  const makeFrame = async (block: FrameBlock, bytes: number): Promise<Frame> => {
    try {
      return { bytes, block, stored: await compress(block.bytes.subarray(0, bytes), { chunkSize: CHUNK_BYTES, params, pledgedSrcSize: bytes }) }
    } catch (error) {
      throw end(new Fault('filter-failed', `zstd: ${error instanceof Error ? error.message : String(error)}`, { cause: error }))
    }
  }
  const feed = async (): Promise<void> => {
    let frameCount = 0
    let block: FrameBlock | undefined
    let filled = 0
    const send = async (): Promise<void> => {
      if (block === undefined || filled === 0) return
      const frame = makeFrame(block, filled)
      frame.catch(() => undefined)
      block = undefined
      filled = 0
      frameCount++
      await frames.push(frame)
    }
    for (let piece = await source.read(); piece !== null; piece = await source.read()) {
      for (let at = 0; at < piece.length; ) {
        const size = frameBytes(frameCount)
        block ??= await blocks.take(size)
        if (block === undefined) return
        const part = piece.subarray(at, at + size - filled)
        block.bytes.set(part, filled)
        filled += part.length
        at += part.length
        if (filled === size) await send()
      }
    }
    await send()
    frames.close()
  }
  feed().catch((error: unknown) => end(faultOf(error)))

  const next = async (): Promise<Buffer | undefined> => {
    const frame = await frames.shift()
    if (frame === undefined) {
      if (isAtEnd) return undefined
      isAtEnd = true
      blocks.close()
      return table.encode()
    }
    const { bytes, stored, block } = frame
    table.add(stored.length, bytes)
    current = block
    return stored
  }
  return {
    async read() {
      if (ended !== undefined) throw ended
      try {
        if (rest.length === 0) {
          if (current !== undefined) blocks.give(current)
          current = undefined
          rest = (await next()) ?? rest
        }
      } catch (error) {
        throw end(faultOf(error))
      }
      if (rest.length === 0) return null
      const piece = rest.subarray(0, CHUNK_BYTES)
      rest = rest.subarray(piece.length)
      return piece
    },
    cancel: (reason) => void end(reason),
  }
}
