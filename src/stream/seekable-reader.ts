// Reads a zstd stream in independent frames from any place, by its seek table (seek-table.ts). Each frame's checksum is compared by zstd itself. Other streams
// are not for it: they are read through.

import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import { readRange, type RandomBytes } from './random-bytes.ts'
import { decodeSeekFooter, SEEK_FOOTER_BYTES, SeekTable, type SeekFrame } from './seek-table.ts'

const uncompress = promisify(zstdDecompress)

/** What comes out of `stored`; undefined when it has no seek table. Rejects with `filter-failed` when the table is damaged. */
export async function openSeekable(stored: RandomBytes): Promise<RandomBytes | undefined> {
  if (stored.bytes < SEEK_FOOTER_BYTES) return undefined
  const isShort = (): Fault => new Fault('filter-failed', 'the seek table is cut short')
  const footer = decodeSeekFooter(await readRange(stored, stored.bytes - SEEK_FOOTER_BYTES, SEEK_FOOTER_BYTES, isShort), stored.bytes)
  if (footer === undefined) return undefined
  const table = SeekTable.decode(await readRange(stored, stored.bytes - footer.tableBytes, footer.tableBytes, isShort), footer, stored.bytes)
  return table === undefined ? undefined : { bytes: table.bytes, read: (offset, length) => readFrames(stored, table, offset, Math.min(table.bytes, offset + length)) }
}

function readFrames(stored: RandomBytes, table: SeekTable, offset: number, end: number): ByteSource {
  let index = table.indexAt(offset)
  const last = table.frame(end > offset ? table.indexAt(end - 1) : -1)
  const first = table.frame(index)
  if (first === undefined || last === undefined) return nothing()
  let position = offset
  const source = stored.read(first.storedOffset, last.storedOffset + last.storedBytes - first.storedOffset)
  const gather = gatherer(source)
  let ended: Fault | undefined
  const fail = (error: unknown): Fault => {
    ended ??= faultOf(error)
    source.cancel(ended)
    return ended
  }
  return {
    async read() {
      if (ended !== undefined) throw ended
      try {
        while (position < end) {
          const frame = table.frame(index++)
          if (frame === undefined) return null
          const plain = await plainOf(frame, await gather(frame.storedBytes))
          if (ended !== undefined) throw ended
          const piece = plain.subarray(position - frame.offset, end - frame.offset)
          position += piece.length
          if (piece.length > 0) return piece
        }
        return null
      } catch (error) {
        throw fail(error)
      }
    },
    cancel: (reason) => void fail(reason),
  }
}

async function plainOf(frame: SeekFrame, stored: Buffer): Promise<Buffer> {
  const where = `the frame at byte ${frame.storedOffset}`
  let plain: Buffer
  try {
    // A frame that holds more than the table says ends with an error, as a bomb would; an empty one has no limit of its own.
    plain = stored.length === 0 ? stored : await uncompress(stored, { maxOutputLength: Math.max(1, frame.bytes) })
  } catch (error) {
    throw new Fault('filter-failed', `zstd: ${where}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  if (plain.length !== frame.bytes) throw new Fault('filter-failed', `zstd: ${where} holds ${plain.length} bytes and not ${frame.bytes} as the seek table says`)
  return plain
}

/** Takes the bytes of `source` in portions. */
function gatherer(source: ByteSource): (bytes: number) => Promise<Buffer> {
  let rest: Uint8Array = Buffer.alloc(0)
  return async (bytes) => {
    const target = Buffer.allocUnsafe(bytes)
    let filled = 0
    while (filled < bytes) {
      if (rest.length === 0) {
        const piece = await source.read()
        if (piece === null) throw new Fault('filter-failed', 'zstd: a frame is cut short')
        rest = piece
      }
      const part = rest.subarray(0, bytes - filled)
      target.set(part, filled)
      filled += part.length
      rest = rest.subarray(part.length)
    }
    return target
  }
}

function nothing(): ByteSource {
  return { read: () => Promise.resolve(null), cancel: () => undefined }
}
