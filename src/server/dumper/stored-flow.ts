// DATA on its way into storage: counted and summed as it arrives, filtered if the server filters, summed again as it is stored. The same sum
// serves both places when there is no filter between them, and where storage sums what it writes, it is not done twice.

import { pump, type ByteSource } from '../../kernel/byte-stream.ts'
import type { ProcessRunner } from '../../kernel/processes.ts'
import type { DiskListEntry } from '../../config/resolved.ts'
import { RunningCrc32c } from '../../stream/crc32c.ts'
import { filtersAt } from '../../stream/dump-filters.ts'
import { startFilters } from '../../stream/filter.ts'

export interface StoredFlow {
  /** What is to be stored. */
  readonly source: ByteSource
  /** Sum of the bytes as they arrived from the client. */
  readonly arrived: RunningCrc32c
  /** Sum of what `source` gave; added to by the writer that stores it when it `sums`. */
  readonly stored: RunningCrc32c
  /** Whether a byte stored is the byte that arrived. */
  readonly isPlain: boolean
  strangeLines(): readonly string[]
}

/** Whether the client is the one everybody waits for. */
export interface Waiting {
  isForClient: boolean
}

function summed(source: ByteSource, sum: RunningCrc32c): ByteSource {
  return {
    async read() {
      const piece = await source.read()
      if (piece !== null) sum.update(piece)
      return piece
    },
    cancel: (reason) => source.cancel(reason),
  }
}

/** `source`, with everybody told who is waited for. */
function watched(source: ByteSource, onPiece: () => void, waiting: Waiting): ByteSource {
  return {
    async read() {
      waiting.isForClient = true
      const piece = await source.read()
      // After the end, MESG is what is waited for.
      waiting.isForClient = piece === null
      if (piece !== null) onPiece()
      return piece
    },
    cancel: (reason) => source.cancel(reason),
  }
}

/** `writer`: whether it `sums` what it takes. Rejects with `process-missing` when a filter program cannot be started; `data` is cancelled then. */
export async function storedFlow(data: ByteSource, entry: DiskListEntry, processes: ProcessRunner, writer: 'sums' | 'takes', waiting: Waiting, onPiece: () => void): Promise<StoredFlow> {
  const specs = filtersAt('server', entry.compress, entry.encrypt)
  const source = watched(data, onPiece, waiting)
  const stored = new RunningCrc32c()
  const toWriter = (last: ByteSource): ByteSource => (writer === 'sums' ? last : summed(last, stored))
  if (specs.length === 0) return { source: toWriter(source), arrived: stored, stored, isPlain: true, strangeLines: () => [] }
  const arrived = new RunningCrc32c()
  const filter = await startFilters(summed(source, arrived), specs, processes)
  return { source: toWriter(filter.output), arrived, stored, isPlain: false, strangeLines: () => filter.strangeLines() }
}

/** Reads `source` to its end and forgets it. */
export async function drain(source: ByteSource, onBytes: () => void): Promise<void> {
  await pump(source, { write: () => Promise.resolve(), end: () => Promise.resolve(), fail: () => undefined }, onBytes)
}
