// Where the bytes of parts come from. A feed prepares one part at a time and gives its bytes as often as needed: a part that did not fit is
// written again on the next volume. It checks that what it gives is what was dumped.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { Disk, DiskFile } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import { fileSource, type FileSource } from '../../storage/file-source.ts'
import type { HeldDumpReader } from '../../storage/holding/contract.ts'
import { SequentialWriter } from '../../storage/sequential-writer.ts'
import { RunningCrc32c } from '../../stream/crc32c.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import type { TapeSource } from './contract.ts'

export interface PreparedPart {
  readonly bytes: number
  readonly isLast: boolean
  /** What is known of the whole dump by now; the part number is the caller's. */
  readonly header: DumpFileHeader
}

export interface PartFeed extends AsyncDisposable {
  /** Gets the next part of at most `limitBytes` ready. */
  prepare(limitBytes: number): Promise<PreparedPart>
  /** The bytes of the prepared part, from its start. */
  read(): ByteSource
  /** After the last part: CRC of all bytes given. Rejects with `holding-damaged` or `dump-crc-mismatch` when it is not the dump's. */
  check(): Promise<{ readonly serverCrc: string; readonly header: DumpFileHeader }>
}

/** Counts each byte once, also when a part is read again: the part's own checksum starts from that of the parts before it. */
class FeedCrc {
  #before = new RunningCrc32c()
  #current = new RunningCrc32c()

  partStarts(): void {
    this.#before = this.#current
  }

  wrap(source: ByteSource): ByteSource {
    const crc = this.#before.clone()
    this.#current = crc
    return {
      async read() {
        const piece = await source.read()
        if (piece !== null) crc.update(piece)
        return piece
      },
      cancel: (reason) => source.cancel(reason),
    }
  }

  text(): string {
    return this.#current.text()
  }
}

/** Ends a source after `limit` bytes. */
function firstBytes(source: ByteSource, limit: number): ByteSource {
  let remaining = limit
  const close = (): void => source.cancel(new Fault('cancelled', 'the part ends here'))
  return {
    async read() {
      if (remaining === 0) {
        close()
        return null
      }
      const piece = await source.read()
      if (piece === null) throw new Fault('holding-damaged', `the dump ends ${remaining} bytes too early`)
      const part = piece.length > remaining ? piece.subarray(0, remaining) : piece
      remaining -= part.length
      return part
    },
    cancel: (reason) => source.cancel(reason),
  }
}

export function holdingFeed(reader: HeldDumpReader): PartFeed {
  const { header, bytes: totalBytes, path } = reader.dump
  const crc = new FeedCrc()
  let offset = 0
  let part: PreparedPart | undefined
  return {
    prepare(limitBytes) {
      offset += part?.bytes ?? 0
      crc.partStarts()
      const bytes = Math.min(limitBytes, totalBytes - offset)
      part = { bytes, isLast: offset + bytes === totalBytes, header }
      return Promise.resolve(part)
    },
    read: () => crc.wrap(firstBytes(reader.read(offset), part?.bytes ?? 0)),
    check() {
      const serverCrc = crc.text()
      if (header.serverCrc !== undefined && header.serverCrc !== serverCrc) {
        return Promise.reject(new Fault('holding-damaged', `${path}: its checksum is ${serverCrc} and not ${header.serverCrc} as when it was written`))
      }
      return Promise.resolve({ serverCrc, header })
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  }
}

/**
 * Feeds from a stream that is on no holding disk, through a cache file of one part, so never more than `limitBytes` lie there. The last part's
 * header says the checksums of the whole, because they are known when the stream has ended; earlier ones cannot.
 */
export async function directFeed(disk: Disk, cachePath: string, source: Extract<TapeSource, { kind: 'direct' }>): Promise<PartFeed> {
  const file: DiskFile = await disk.open(cachePath, 'create')
  // When the stream itself fails nobody asks for the totals.
  source.totals.catch(() => undefined)
  const crc = new FeedCrc()
  const sources: FileSource[] = []
  let header = source.header
  let partBytes = 0
  /** Taken from the stream, belongs to the next part. */
  let ahead: Uint8Array | null | undefined

  async function fill(limitBytes: number): Promise<number> {
    const writer = new SequentialWriter(file, 0)
    try {
      for (;;) {
        ahead ??= ahead === null ? null : await source.data.read()
        if (ahead === null || writer.bytes === limitBytes) break
        const piece: Uint8Array = ahead.subarray(0, limitBytes - writer.bytes)
        ahead = piece.length === ahead.length ? undefined : ahead.subarray(piece.length)
        await writer.write(piece)
      }
      await writer.flush()
    } catch (error) {
      await writer.settle()
      throw error
    }
    return writer.bytes
  }

  return {
    async prepare(limitBytes) {
      for (const old of sources.splice(0)) await old.settled()
      crc.partStarts()
      partBytes = await fill(limitBytes)
      const isLast = ahead === null
      if (isLast) header = { ...header, ...(await source.totals) }
      return { bytes: partBytes, isLast, header }
    },
    read() {
      const cached = fileSource(file, 0, partBytes)
      sources.push(cached)
      return crc.wrap(cached)
    },
    async check() {
      const { serverCrc } = await source.totals
      if (crc.text() !== serverCrc) throw new Fault('dump-crc-mismatch', `the dump has the checksum ${crc.text()} on its way to the volume and not ${serverCrc}`)
      return { serverCrc, header }
    },
    async [Symbol.asyncDispose]() {
      source.data.cancel(new Fault('cancelled', 'the taper has ended'))
      for (const old of sources) {
        old.cancel(new Fault('cancelled', 'the taper has ended'))
        await old.settled()
      }
      await file.close()
      await disk.remove(cachePath)
    },
  }
}
