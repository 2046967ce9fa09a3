// The bytes that the application made, read from any place. A dump that no filter changed is read where it lies, one in frames of zstd by its seek table;
// everything else is read through from its beginning, which is the same to the caller, only slower.

import type { DumpRecord } from '../catalog/contract.ts'
import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault } from '../kernel/fault.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import { undoFilters } from '../stream/dump-filters.ts'
import type { RandomBytes } from '../stream/random-bytes.ts'
import { openSeekable } from '../stream/seekable-reader.ts'
import { nativeSource, openDump, type DumpStores } from './fetch.ts'
import { openStoredAt } from './stored-at.ts'

export interface DumpAt extends AsyncDisposable {
  /** Bytes that are rather read than jumped over. */
  readonly gapBytesMax: number
  /** `[offset, offset + length)`, or less where the dump ends. One source at a time; the one before is cancelled or at its end. */
  read(offset: number, length: number): Promise<ByteSource>
  /** Bytes read from the holding disk or volumes so far. */
  readonly bytesRead: number
}

/** Opening a place in a file costs about as much as reading this. */
const GAP_BYTES = 1024 * 1024

/** Rejects as `openDump` does, and with `filter-failed` when the seek table is damaged. */
export async function openDumpAt(stores: DumpStores, record: DumpRecord, processes: ProcessRunner): Promise<DumpAt> {
  const stored = await openStoredAt(stores, record)
  try {
    const undo = undoFilters(stored.header, stores.permits)
    const isPlain = undo.length === 0
    const isZstd = undo.length === 1 && undo[0]?.kind === 'unzstd'
    const native: RandomBytes | undefined = isPlain ? stored : isZstd ? await openSeekable(stored) : undefined
    if (native !== undefined) {
      return {
        gapBytesMax: GAP_BYTES,
        read: (offset, length) => Promise.resolve(native.read(offset, length)),
        get bytesRead() {
          return stored.bytesRead
        },
        [Symbol.asyncDispose]: async () => await stored[Symbol.asyncDispose](),
      }
    }
  } catch (error) {
    await stored[Symbol.asyncDispose]()
    throw error
  }
  await stored[Symbol.asyncDispose]()
  return throughout(stores, record, processes, stored.bytesRead)
}

function throughout(stores: DumpStores, record: DumpRecord, processes: ProcessRunner, bytesBefore: number): DumpAt {
  let bytesRead = bytesBefore
  let source: ByteSource | undefined
  return {
    gapBytesMax: Number.POSITIVE_INFINITY,
    get bytesRead() {
      return bytesRead
    },
    async read(offset, length) {
      source?.cancel(new Fault('cancelled', 'the dump is read from another place'))
      const fetched = await openDump(stores, record)
      const counted: ByteSource = {
        async read() {
          const piece = await fetched.stored.read()
          bytesRead += piece?.length ?? 0
          return piece
        },
        cancel: (reason) => fetched.stored.cancel(reason),
      }
      source = within(await nativeSource({ ...fetched, stored: counted }, processes), offset, length)
      return source
    },
    [Symbol.asyncDispose]() {
      source?.cancel(new Fault('cancelled', 'the dump was closed'))
      return Promise.resolve()
    },
  }
}

/** `[offset, offset + length)` of `source`, which is not read any further: a checksum at its end is then not compared. */
function within(source: ByteSource, offset: number, length: number): ByteSource {
  let toSkip = offset
  let left = length
  return {
    async read() {
      while (left > 0) {
        const piece = await source.read()
        if (piece === null) return null
        const wanted = piece.subarray(Math.min(toSkip, piece.length)).subarray(0, left)
        toSkip -= Math.min(toSkip, piece.length)
        left -= wanted.length
        if (wanted.length > 0) return wanted
      }
      return null
    },
    cancel: (reason) => source.cancel(reason),
  }
}
