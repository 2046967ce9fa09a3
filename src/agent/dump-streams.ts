// The data path of a dump: the program's bytes, watched on the way (checksum, tar members), through the client's filters into DATA; the
// lines of the index into INDEX. Nothing is copied, and nothing is held but what the streams' windows allow.

import type { ByteSink, ByteSource } from '../kernel/byte-stream.ts'
import { pump } from '../kernel/byte-stream.ts'
import { Fault } from '../kernel/fault.ts'
import { LineBuffer } from '../kernel/line-buffer.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import { RunningCrc32c } from '../stream/crc32c.ts'
import { startFilters, type FilterSpec } from '../stream/filter.ts'
import { indexLine } from '../wire/tar/index-line.ts'
import { memberEntry } from '../wire/tar/member-entry.ts'
import { TarMemberReader, type TarMember } from '../wire/tar/member-reader.ts'
import type { IndexSource } from './application.ts'
import { plainLines } from './plain-lines.ts'

export interface DumpSums {
  /** `%08x:%d` of what the application wrote, and of what DATA carried. */
  readonly native: string
  readonly client: string
  readonly filterLines: readonly string[]
}

/** Index lines are sent in pieces of about this size. */
const INDEX_PIECE_BYTES = 32 * 1024
/** … and a piece of the archive adds a few kilobytes to it. */
const INDEX_BUFFER_BYTES = 40 * 1024

/** Collects lines and hands them on in pieces. Nothing may be added while a flush is under way. */
class LineBatch {
  readonly #sink: ByteSink
  readonly #lines = new LineBuffer({ bytesFirst: INDEX_BUFFER_BYTES, bytesUsual: INDEX_BUFFER_BYTES })

  constructor(sink: ByteSink) {
    this.#sink = sink
  }

  /** `line` is a string of bytes (latin1). */
  add(line: string): void {
    this.#lines.add(line)
  }

  get isFull(): boolean {
    return this.#lines.bytes >= INDEX_PIECE_BYTES
  }

  async flush(): Promise<void> {
    if (this.#lines.bytes > 0) await this.#sink.write(this.#lines.take())
  }
}

/** `source` with its checksum taken and its tar members written to `index` while it is read. */
function watched(source: ByteSource, crc: RunningCrc32c, index: ByteSink | undefined, lineOf: (member: TarMember) => string): ByteSource {
  const batch = index === undefined ? undefined : new LineBatch(index)
  const reader = batch === undefined ? undefined : new TarMemberReader((member) => batch.add(lineOf(member)))
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

/** The lines that do not come from the data. */
async function sendIndex(from: IndexSource, wantsAttributes: boolean, index: ByteSink): Promise<void> {
  switch (from.kind) {
    case 'tar':
      return
    case 'fixed':
      return await sendLines(from.lines, index)
    case 'stream':
      await pump(from.source, withoutEnd(index))
      return
    case 'entries':
      await pump(wantsAttributes ? from.source : plainLines(from.source), withoutEnd(index))
  }
}

export interface DumpFlow {
  readonly source: ByteSource
  readonly index: IndexSource
  readonly filters: readonly FilterSpec[]
  /** The server wants lines of the index with their attributes. */
  readonly wantsAttributes: boolean
}

/**
 * Moves all of a dump. Rejects with the first fault; `data` and `index` then still want their end from the caller. Ends neither sink:
 * the caller ends them when it knows how the dump went.
 */
export async function moveDump(flow: DumpFlow, processes: ProcessRunner, data: ByteSink, index: ByteSink | undefined): Promise<DumpSums> {
  const { index: from, filters } = flow
  const ownLines = from.kind === 'stream' || from.kind === 'entries' ? from.source : undefined
  const native = new RunningCrc32c()
  const client = filters.length === 0 ? native : new RunningCrc32c()
  const plain = watched(flow.source, native, from.kind === 'tar' ? index : undefined, flow.wantsAttributes ? memberEntry : indexLine)
  const filter = filters.length === 0 ? undefined : await startFilters(plain, filters, processes)
  const output = filter?.output ?? plain
  const indexWork = index === undefined ? Promise.resolve() : sendIndex(from, flow.wantsAttributes, index)
  if (index === undefined) ownLines?.cancel(new Fault('cancelled', 'no index was asked for'))
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
    ownLines?.cancel(reason)
    await Promise.allSettled([dataWork, indexWork])
    throw reason
  }
  return { native: native.text(), client: client.text(), filterLines: filter?.strangeLines() ?? [] }
}

/** A sink whose end is left to somebody else. */
function withoutEnd(sink: ByteSink): ByteSink {
  return { write: (piece) => sink.write(piece), end: () => Promise.resolve(), fail: () => undefined }
}
