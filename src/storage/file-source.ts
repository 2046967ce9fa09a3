// The bytes of a file from an offset on, as a source. Reads one piece ahead, so that the disk works while the reader does: two buffers take turns.

import { bufferAtPageOffset } from '../kernel/buffer-pool.ts'
import type { ByteSource } from '../kernel/byte-stream.ts'
import type { DiskFile } from '../kernel/disk.ts'
import { faultOf, type Fault } from '../kernel/fault.ts'

/** Large enough that the call costs nothing beside the copy, small enough for many readers at once. */
const PIECE_BYTES = 512 * 1024

/** Apart from where the kernel keeps the same bytes in its pages. */
const PAGE_OFFSET = 512

/** `file` stays open and is the caller's; nobody else may close it while a read is under way (see `settled`). */
export interface FileSource extends ByteSource {
  /** Resolves when no read is under way. */
  settled(): Promise<void>
}

/** Reads `[offset, end)`; the end of the file ends it as well. */
export function fileSource(file: DiskFile, offset: number, end: number): FileSource {
  let position = offset
  let failure: Fault | undefined
  let ahead: Promise<Uint8Array | Fault | null> | undefined

  /** The buffer of the piece that is lent, and the one that is filled meanwhile. */
  const buffers: [Buffer | undefined, Buffer | undefined] = [undefined, undefined]

  const readPiece = async (): Promise<Uint8Array | Fault | null> => {
    const wanted = Math.min(PIECE_BYTES, end - position)
    if (wanted <= 0) return null
    buffers.reverse()
    const buffer = (buffers[0] ??= bufferAtPageOffset(wanted, PAGE_OFFSET))
    const target = buffer.subarray(0, wanted)
    try {
      const count = await file.read(target, position)
      position += count
      return count === 0 ? null : target.subarray(0, count)
    } catch (error) {
      return faultOf(error)
    }
  }

  return {
    async read() {
      if (failure !== undefined) throw failure
      const piece = await (ahead ?? readPiece())
      ahead = undefined
      if (failure !== undefined) throw failure
      if (piece === null) return null
      if (!(piece instanceof Uint8Array)) {
        failure = piece
        throw piece
      }
      ahead = readPiece()
      return piece
    },
    cancel(reason) {
      failure ??= reason
    },
    async settled() {
      await ahead
    },
  }
}
