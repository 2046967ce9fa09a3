// A dump as it is stored, read from any place: from its vault, from the holding disk while it is there, otherwise from its parts on volumes. What is read in ranges cannot be
// compared with the checksum of the whole; headers and sizes are compared as in fetch.ts.

import type { DumpRecord, PartRecord } from '../catalog/contract.ts'
import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault } from '../kernel/fault.ts'
import type { PartReader } from '../storage/device.ts'
import type { RandomBytes } from '../stream/random-bytes.ts'
import type { DumpFileHeader } from '../wire/amanda/dump-header.ts'
import { openPart, partHeader, wholeParts, type DumpStores } from './fetch.ts'
import { headerMismatch } from './header-mismatch.ts'
import { openVaulted } from './vaulted.ts'

export interface StoredAt extends RandomBytes, AsyncDisposable {
  /** Of the first chunk or part. */
  readonly header: DumpFileHeader
  /** Bytes that were read so far. */
  readonly bytesRead: number
}

/** Rejects as `openDump` does. */
export async function openStoredAt(stores: DumpStores, record: DumpRecord): Promise<StoredAt> {
  if (record.manifest !== undefined) {
    const { reader, header } = await openVaulted(stores.vault, record, record.manifest)
    return {
      header,
      bytes: reader.bytes,
      read: (offset, length) => reader.read(offset, length),
      get bytesRead() {
        return reader.bytesRead
      },
      [Symbol.asyncDispose]: async () => await reader[Symbol.asyncDispose](),
    }
  }
  if (record.holdingPath !== undefined) {
    try {
      return counted(await openHeldAt(stores, record, record.holdingPath))
    } catch (error) {
      // Flushed meanwhile: it is on volumes now.
      if (!(error instanceof Fault) || error.code !== 'file-missing') throw error
    }
  }
  return counted(await openTapedAt(stores, record, await wholeParts(stores, record)))
}

type Uncounted = Omit<StoredAt, 'bytesRead'>

function counted(stored: Uncounted): StoredAt {
  let bytesRead = 0
  return {
    header: stored.header,
    bytes: stored.bytes,
    get bytesRead() {
      return bytesRead
    },
    read(offset, length) {
      const source = stored.read(offset, length)
      return {
        async read() {
          const piece = await source.read()
          bytesRead += piece?.length ?? 0
          return piece
        },
        cancel: (reason) => source.cancel(reason),
      }
    },
    [Symbol.asyncDispose]: () => stored[Symbol.asyncDispose](),
  }
}

async function openHeldAt({ holding }: DumpStores, record: DumpRecord, path: string): Promise<Uncounted> {
  const reader = await holding.open(path)
  const { header, bytes } = reader.dump
  const mismatch = headerMismatch(record, header)
  if (mismatch !== undefined) {
    await reader[Symbol.asyncDispose]()
    throw new Fault('header-mismatch', `${path}: ${mismatch}`)
  }
  return { header, bytes, read: (offset, length) => reader.read(offset, length), [Symbol.asyncDispose]: async () => await reader[Symbol.asyncDispose]() }
}

async function openTapedAt(stores: DumpStores, record: DumpRecord, parts: readonly PartRecord[]): Promise<Uncounted> {
  const [first] = parts
  if (first === undefined) throw new Fault('dump-missing', `there are no parts of the dump ${record.id}`)
  const starts = [0]
  for (const part of parts) starts.push((starts.at(-1) ?? 0) + part.bytes)
  const bytes = starts.at(-1) ?? 0
  let open: { readonly index: number; readonly reader: PartReader } | undefined

  const close = async (): Promise<void> => {
    const closing = open
    open = undefined
    await closing?.reader[Symbol.asyncDispose]()
  }
  const partAt = async (index: number): Promise<PartReader> => {
    if (open?.index === index) return open.reader
    await close()
    const part = parts[index] ?? first
    const reader = await openPart(stores, record, part)
    open = { index, reader }
    if (reader.bytes !== part.bytes) throw new Fault('header-mismatch', `${part.label} file ${part.fileNumber} has ${reader.bytes} bytes, the catalog says ${part.bytes}`)
    return reader
  }
  const read = (offset: number, length: number): ByteSource => {
    const end = Math.min(bytes, offset + length)
    let position = offset
    let index = starts.findLastIndex((start, at) => at < parts.length && start <= offset)
    let source: ByteSource | undefined
    let ended: Fault | undefined
    return {
      async read() {
        for (;;) {
          if (ended !== undefined) throw ended
          if (position >= end) return null
          const start = starts[index] ?? 0
          source ??= (await partAt(index)).read(position - start, end - position)
          const piece = await source.read()
          if (piece !== null) {
            position += piece.length
            return piece
          }
          source = undefined
          if (position !== (starts[++index] ?? bytes) && position < end) throw new Fault('header-mismatch', `part ${index} of ${record.host} ${record.disk} of ${record.run} ends at byte ${position} of the dump`)
        }
      },
      cancel(reason) {
        ended ??= reason
        source?.cancel(reason)
      },
    }
  }
  return { header: partHeader(await partAt(0)), bytes, read, [Symbol.asyncDispose]: close }
}
