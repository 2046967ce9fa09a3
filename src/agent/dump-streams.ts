// The data path of a dump: the program's bytes, watched on the way (checksum, tar members), through the client's filters into DATA; the
// lines of the index into INDEX. Nothing is copied, and nothing is held but what the streams' windows allow.

import type { ByteSink, ByteSource } from '../kernel/byte-stream.ts'
import { pump } from '../kernel/byte-stream.ts'
import { Fault } from '../kernel/fault.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import { RunningCrc32c } from '../stream/crc32c.ts'
import { startFilters, type FilterSpec } from '../stream/filter.ts'
import { indexLine } from '../wire/tar/index-line.ts'
import { TarMemberReader } from '../wire/tar/member-reader.ts'
import type { IndexSource } from './application.ts'

export interface DumpSums {
  /** `%08x:%d` of what the application wrote, and of what DATA carried. */
  readonly native: string
  readonly client: string
  readonly filterLines: readonly string[]
}

/** Index lines are sent in pieces of about this size. */
const INDEX_PIECE_BYTES = 32 * 1024

/** Collects lines and hands them on in pieces. */
class LineBatch {
  readonly #sink: ByteSink
  #lines: string[] = []
  #length = 0

  constructor(sink: ByteSink) {
    this.#sink = sink
  }

  add(line: string): void {
    this.#lines.push(line)
    this.#length += line.length + 1
  }

  get isFull(): boolean {
    return this.#length >= INDEX_PIECE_BYTES
  }

  async flush(): Promise<void> {
    if (this.#lines.length === 0) return
    const text = `${this.#lines.join('\n')}\n`
    this.#lines = []
    this.#length = 0
    await this.#sink.write(Buffer.from(text, 'latin1'))
  }
}

/** `source` with its checksum taken and its tar members written to `index` while it is read. */
function watched(source: ByteSource, crc: RunningCrc32c, index: ByteSink | undefined): ByteSource {
  const batch = index === undefined ? undefined : new LineBatch(index)
  const reader = batch === undefined ? undefined : new TarMemberReader((member) => batch.add(indexLine(member)))
  return {
    async read() {
      const piece = await source.read()
      if (piece === null) {
        reader?.finish()
        await batch?.flush()
        return null
      }
      crc.update(piece)
      reader?.push(piece)
      if (batch?.isFull === true) await batch.flush()
      return piece
    },
    cancel: (reason) => source.cancel(reason),
  }
}

/** Sends lines that need no data: a fixed list. */
async function sendLines(lines: readonly string[], sink: ByteSink): Promise<void> {
  const batch = new LineBatch(sink)
  for (const line of lines) {
    batch.add(line)
    if (batch.isFull) await batch.flush()
  }
  await batch.flush()
}

/**
 * Moves all of a dump. Rejects with the first fault; `data` and `index` then still want their end from the caller. Ends neither sink:
 * the caller ends them when it knows how the dump went.
 */
export async function moveDump(source: ByteSource, from: IndexSource, filters: readonly FilterSpec[], processes: ProcessRunner, data: ByteSink, index: ByteSink | undefined): Promise<DumpSums> {
  const native = new RunningCrc32c()
  const client = filters.length === 0 ? native : new RunningCrc32c()
  const plain = watched(source, native, from.kind === 'tar' ? index : undefined)
  const filter = filters.length === 0 ? undefined : await startFilters(plain, filters, processes)
  const output = filter?.output ?? plain
  const indexWork =
    index === undefined || from.kind === 'tar' ? Promise.resolve() : from.kind === 'fixed' ? sendLines(from.lines, index) : pump(from.source, withoutEnd(index)).then(() => undefined)
  if (index === undefined && from.kind === 'stream') from.source.cancel(new Fault('cancelled', 'no index was asked for'))
  const dataWork = (async () => {
    for (;;) {
      const piece = await output.read()
      if (piece === null) return
      if (client !== native) client.update(piece)
      await data.write(piece)
    }
  })()
  try {
    await Promise.all([dataWork, indexWork])
  } catch (error) {
    const reason = error instanceof Fault ? error : new Fault('internal', String(error), { cause: error })
    output.cancel(reason)
    if (from.kind === 'stream') from.source.cancel(reason)
    await Promise.allSettled([dataWork, indexWork])
    throw reason
  }
  return { native: native.text(), client: client.text(), filterLines: filter?.strangeLines() ?? [] }
}

/** A sink whose end is left to somebody else. */
function withoutEnd(sink: ByteSink): ByteSink {
  return { write: (piece) => sink.write(piece), end: () => Promise.resolve(), fail: () => undefined }
}
