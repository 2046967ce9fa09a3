// DATA on its way into storage: counted and summed as it arrives, filtered if the server filters, summed again as it is stored. Nothing
// is copied; the same sum serves both places when there is no filter between them.

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
  /** Sum of what `source` gave. */
  readonly stored: RunningCrc32c
  /** Whether a byte stored is the byte that arrived. */
  readonly isPlain: boolean
  strangeLines(): readonly string[]
}

/** Whether the client is the one everybody waits for. */
export interface Waiting {
  isForClient: boolean
}

function summed(source: ByteSource, sum: RunningCrc32c, onPiece: () => void, waiting: Waiting = { isForClient: false }): ByteSource {
  return {
    async read() {
      waiting.isForClient = true
      const piece = await source.read()
      // After the end, MESG is what is waited for.
      waiting.isForClient = piece === null
      if (piece !== null) {
        sum.update(piece)
        onPiece()
      }
      return piece
    },
    cancel: (reason) => source.cancel(reason),
  }
}

/** Rejects with `process-missing` when a filter program cannot be started; `data` is cancelled then. */
export async function storedFlow(data: ByteSource, entry: DiskListEntry, processes: ProcessRunner, waiting: Waiting, onPiece: () => void): Promise<StoredFlow> {
  const arrived = new RunningCrc32c()
  const specs = filtersAt('server', entry.compress, entry.encrypt)
  const source = summed(data, arrived, onPiece, waiting)
  if (specs.length === 0) return { source, arrived, stored: arrived, isPlain: true, strangeLines: () => [] }
  const stored = new RunningCrc32c()
  const filter = await startFilters(source, specs, processes)
  return { source: summed(filter.output, stored, () => undefined), arrived, stored, isPlain: false, strangeLines: () => filter.strangeLines() }
}

/** Reads `source` to its end and forgets it. */
export async function drain(source: ByteSource, onBytes: () => void): Promise<void> {
  await pump(source, { write: () => Promise.resolve(), end: () => Promise.resolve(), fail: () => undefined }, onBytes)
}
