// One dump or part on its way out: read, decrypted, decompressed, perhaps compressed again, and given to who wants it; with the checksums of what was read and of what the
// application had written.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { ProcessRunner } from '../../kernel/processes.ts'
import { RunningCrc32c } from '../../stream/crc32c.ts'
import { startProgramFilter, type ProgramFilter } from './program-filter.ts'
import type { UndoPlan } from './undo-plan.ts'

export interface TransferTools {
  readonly processes: ProcessRunner
  /** A line that a filter printed. */
  readonly onLine: (line: string) => void
  /** Bytes read so far, as they are stored. */
  readonly onBytes?: (bytes: number) => void
}

export interface TransferEnd {
  readonly bytesRead: number
  /** `%08x:%d` of what was read. */
  readonly sourceCrc: string
  /** Of what the filters made of it; undefined when nothing was undone or not all. */
  readonly nativeCrc: string | undefined
  /** The first program that ended badly. */
  readonly failure: string | undefined
}

function counted(source: ByteSource, crc: RunningCrc32c, onBytes?: (bytes: number) => void): ByteSource {
  let isAtEnd = false
  return {
    async read() {
      const piece = isAtEnd ? null : await source.read()
      isAtEnd = piece === null
      if (piece !== null) {
        crc.update(piece)
        onBytes?.(crc.bytes)
      }
      return piece
    },
    cancel: (reason) => source.cancel(reason),
  }
}

/** Gives `consume` what becomes of `source`; what it leaves unread is read, so that the checksums are of everything. Rejects with the fault of either. */
export async function transfer(source: ByteSource, plan: UndoPlan, consume: (bytes: ByteSource) => Promise<unknown>, tools: TransferTools): Promise<TransferEnd> {
  const read = new RunningCrc32c()
  const native = new RunningCrc32c()
  const filters: ProgramFilter[] = []
  let stream = counted(source, read, tools.onBytes)
  const through = async (argv: UndoPlan['decrypt']): Promise<void> => {
    if (argv === undefined) return
    const filter = await startProgramFilter(stream, argv, tools.processes, tools.onLine)
    filters.push(filter)
    stream = filter.output
  }
  await through(plan.decrypt)
  await through(plan.decompress)
  const isUndone = filters.length > 0
  stream = counted(stream, native)
  await through(plan.compress)
  const last = counted(stream, new RunningCrc32c())
  await consume(last)
  while ((await last.read()) !== null);
  const ends = await Promise.all(filters.map(({ end }) => end))
  const failure = ends.find((end) => end.failure !== undefined)?.failure
  return { bytesRead: read.bytes, sourceCrc: read.text(), nativeCrc: isUndone && plan.isNative ? native.text() : undefined, failure }
}
