// Reads a dump back from its chunks, one after the other, and compares the whole with the checksum in its header. Never gives a good end
// to bytes that are not those that were written.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { Disk, DiskFile } from '../../kernel/disk.ts'
import { faultOf, type Fault } from '../../kernel/fault.ts'
import { RunningCrc32c } from '../../stream/crc32c.ts'
import { DUMP_HEADER_BYTES } from '../../wire/amanda/dump-header.ts'
import { fileSource, type FileSource } from '../file-source.ts'
import { damaged, type Chain } from './chunk-files.ts'

export interface ChunkRange {
  readonly offset: number
  /** Undefined: all that follows. */
  readonly length?: number | undefined
  /** Compared when all of the dump is read. */
  readonly expectedCrc?: string | undefined
}

/** The data of `chain` in a range. Closes its files by itself at every end; `cancel` ends it early. */
export function readChunks(disk: Disk, chain: Chain, { offset, length, expectedCrc }: ChunkRange): ByteSource {
  const crc = expectedCrc !== undefined && offset === 0 && length === undefined ? new RunningCrc32c() : undefined
  let index = 0
  let skip = offset
  let wanted = length ?? Number.POSITIVE_INFINITY
  let open: { file: DiskFile; source: FileSource; remaining: number } | undefined
  let failure: Fault | undefined
  let isAtEnd = false
  let isReading = false

  async function closeChunk(): Promise<void> {
    const closing = open
    open = undefined
    await closing?.source.settled()
    await closing?.file.close()
  }

  async function openChunk(): Promise<boolean> {
    for (; index < chain.chunks.length; index++) {
      const chunk = chain.chunks[index]
      if (chunk === undefined) return false
      if (skip >= chunk.bytes) {
        skip -= chunk.bytes
        continue
      }
      if (wanted <= 0) return false
      const file = await disk.open(chunk.path, 'read')
      const remaining = Math.min(chunk.bytes - skip, wanted)
      open = { file, source: fileSource(file, DUMP_HEADER_BYTES + skip, DUMP_HEADER_BYTES + skip + remaining), remaining }
      wanted -= remaining
      skip = 0
      return true
    }
    return false
  }

  async function next(): Promise<Uint8Array | null> {
    for (;;) {
      if (open === undefined && !(await openChunk())) {
        if (crc !== undefined && crc.text() !== expectedCrc) throw damaged(chain.chunks[0]?.path ?? '', `its checksum is ${crc.text()} and not ${expectedCrc} as when it was written`)
        return null
      }
      const current = open
      if (current === undefined) return null
      const piece = await current.source.read()
      if (piece !== null) {
        current.remaining -= piece.length
        crc?.update(piece)
        return piece
      }
      if (current.remaining > 0) throw damaged(chain.chunks[index]?.path ?? '', `it ends ${current.remaining} bytes too early`)
      await closeChunk()
      index++
    }
  }

  return {
    async read() {
      if (failure !== undefined) throw failure
      if (isAtEnd) return null
      isReading = true
      try {
        const piece = await next()
        if (piece === null) isAtEnd = true
        if (failure !== undefined) throw failure
        return piece
      } catch (error) {
        const fault = faultOf(error)
        failure ??= fault.code === 'file-missing' ? damaged(chain.chunks[index]?.path ?? '', 'it has vanished', fault) : fault
        await closeChunk()
        throw failure
      } finally {
        isReading = false
      }
    },
    cancel(reason) {
      if (failure !== undefined || isAtEnd) return
      failure = reason
      // A read under way sees the failure and closes the file itself.
      if (!isReading) closeChunk().catch(() => undefined)
    },
  }
}

/** Checksum and size of everything in the chain. */
export async function checksumOf(disk: Disk, chain: Chain): Promise<string> {
  const source = readChunks(disk, chain, { offset: 0 })
  const crc = new RunningCrc32c()
  for (;;) {
    const piece = await source.read()
    if (piece === null) return crc.text()
    crc.update(piece)
  }
}
