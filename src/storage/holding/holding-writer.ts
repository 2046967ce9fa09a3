// Writes one dump as a chain of chunks over the holding disks. A chunk is left only when it is durable and names its successor, so that a
// crash leaves a chain that can be followed. All names end in `.tmp` until the last step.

import { assert } from '../../kernel/assert.ts'
import { parentOf, type Disk, type DiskFile } from '../../kernel/disk.ts'
import { Fault, faultOf, systemErrorCode } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import { DUMP_HEADER_BYTES, encodeDumpHeader, type DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import type { RunningCrc32c } from '../../stream/crc32c.ts'
import { SequentialWriter } from '../sequential-writer.ts'
import { UNFINISHED_SUFFIX } from '../../wire/amanda/holding-names.ts'
import { chunkBaseName, crcByteCount, readChain } from './chunk-files.ts'
import type { HeldDump, HoldingTotals, HoldingWriter } from './contract.ts'
import { DURABLE_MARK_OFFSET, NOTHING_DURABLE, encodeDurableMark, encodeMarkedHeader } from './durable-mark.ts'
import { completePartial, finalHeader, heldDump, nameChunks } from './holding-completion.ts'
import type { HoldingRoom } from './holding-room.ts'
import { CHUNK_BYTES_MIN, type WritingPlaces } from './writing-places.ts'

/** Names of other dumps that may stand in the way of a chunk. */
const CHUNK_NAMES_TRIED_MAX = 1000

export interface HoldingWriterOptions {
  readonly disk: Disk
  readonly log: Log
  readonly rooms: readonly HoldingRoom[]
  readonly header: DumpFileHeader
  /** Where the bytes go. */
  readonly places: WritingPlaces
  /** Of everything written; the writer adds to it. */
  readonly sum: RunningCrc32c
  /** What one of its two buffers may grow to now. */
  readonly batchBytesMax: () => number
  readonly onEnd: () => void
}

interface OpenChunk {
  readonly room: HoldingRoom
  /** The final name. */
  readonly path: string
  readonly header: DumpFileHeader
  readonly file: DiskFile
  readonly writer: SequentialWriter
}

class ChunkedWriter implements HoldingWriter {
  readonly #options: HoldingWriterOptions
  readonly #paths: string[] = []
  /** Directories whose new names are not durable yet. */
  readonly #dirtyDirs = new Set<string>()
  #current: OpenChunk | undefined
  /** Bytes in the chunks before the current one. */
  #closedBytes = 0
  #durableBytes = 0
  /** Of what was durable at the last sync. */
  #durableCrc = NOTHING_DURABLE
  #failure: Fault | undefined
  #isEnded = false

  constructor(options: HoldingWriterOptions) {
    this.#options = options
  }

  get path(): string {
    return this.#paths[0] ?? this.#pathOn(this.#options.places.room)
  }

  get bytes(): number {
    return this.#closedBytes + (this.#current?.writer.bytes ?? 0)
  }

  get durableBytes(): number {
    return this.#durableBytes
  }

  async begin(): Promise<void> {
    await this.#guard(async () => {
      await this.#openChunk(this.#options.places.room)
    })
  }

  async write(piece: Uint8Array): Promise<void> {
    await this.#guard(async () => {
      let rest = piece
      while (rest.length > 0) {
        const chunk = await this.#chunkWithRoom()
        const limit = Math.min(chunk.room.limits.chunkBytes - DUMP_HEADER_BYTES - chunk.writer.bytes, await this.#options.places.leftBytes())
        const part = rest.length <= limit ? rest : rest.subarray(0, limit)
        this.#options.places.take(part.length)
        this.#options.sum.update(part)
        await chunk.writer.write(part)
        rest = rest.subarray(part.length)
      }
    })
  }

  async sync(): Promise<number> {
    await this.#guard(async () => {
      const before = this.#closedBytes
      const bytes = (await this.#current?.writer.sync()) ?? 0
      await this.#syncDirs()
      await this.#markDurable()
      this.#durableBytes = before + bytes
    })
    return this.#durableBytes
  }

  async finish(totals: HoldingTotals): Promise<HeldDump> {
    await this.#guard(async () => {
      if (crcByteCount(totals.serverCrc) !== this.bytes) throw new Fault('dump-crc-mismatch', `${this.path}: ${this.bytes} bytes were written, but the checksum is of ${totals.serverCrc}`)
      await this.#current?.writer.sync()
      await this.#rewriteFirstHeader(totals)
      await this.#current?.file.close()
      await this.#syncDirs()
    })
    const bytes = this.bytes
    // A failure here leaves the writer open: keepPartial and abandon know both names.
    await this.#guard(() => nameChunks(this.#options.disk, this.#paths.map((path) => path + UNFINISHED_SUFFIX)))
    this.#end()
    this.#durableBytes = bytes
    const header = finalHeader(this.#firstHeader(), totals, false)
    return heldDump(this.path, { header, chunks: this.#paths.map((path) => ({ path, bytes: 0 })), bytes })
  }

  async keepPartial(): Promise<HeldDump | undefined> {
    assert(!this.#isEnded, 'a holding writer ends twice')
    const { disk, rooms } = this.#options
    await this.#closeCurrent()
    this.#end()
    const directories = rooms.map((room) => room.limits.directory)
    const unfinished = this.path + UNFINISHED_SUFFIX
    const chain = await readChain(disk, directories, (await disk.stat(unfinished)) === undefined ? this.path : unfinished, true)
    try {
      if (chain.bytes > 0) return await completePartial(disk, chain, this.#durableCrc)
    } catch (error) {
      // The names may be given already: whoever is told that nothing was kept must find nothing.
      await this.#removeAll().catch(() => undefined)
      throw error
    }
    await this.#removeAll()
    return undefined
  }

  async abandon(): Promise<void> {
    if (this.#isEnded) return
    try {
      await this.#closeCurrent()
      this.#end()
      await this.#removeAll()
    } catch (error) {
      this.#options.log.warn('an abandoned dump could not be removed from the holding disk; the next start removes it', { path: this.path, error: faultOf(error).message })
    }
  }

  #pathOn(room: HoldingRoom): string {
    const { header } = this.#options
    const base = `${room.limits.directory}/${header.datestamp}/${chunkBaseName(header)}`
    return this.#paths.length === 0 ? base : `${base}.${this.#paths.length}`
  }

  /**
   * The path of the next chunk, which nobody has. The second chunk of `/data` at level 1 and the first of `/data.1` at level 1 would have one
   * name; the numbers of later chunks are free to leave gaps, because each header names the next file.
   */
  async #freePathOn(room: HoldingRoom): Promise<string> {
    const { disk } = this.#options
    const first = this.#pathOn(room)
    if (this.#paths.length === 0) return first
    const base = first.slice(0, first.lastIndexOf('.'))
    for (let number = this.#paths.length; number < this.#paths.length + CHUNK_NAMES_TRIED_MAX; number++) {
      const path = `${base}.${number}`
      if (!this.#paths.includes(path) && (await disk.stat(path)) === undefined && (await disk.stat(path + UNFINISHED_SUFFIX)) === undefined) return path
    }
    throw new Fault('holding-exists', `${base}: no name for the next chunk is free`)
  }

  /** Never opens what is there: it is another dump's. */
  async #createNew(path: string): Promise<DiskFile> {
    try {
      return await this.#options.disk.open(path + UNFINISHED_SUFFIX, 'create-new')
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error
      throw new Fault('holding-exists', `${path + UNFINISHED_SUFFIX} belongs to another dump`, { cause: error, retry: 'later' })
    }
  }

  #firstHeader(): DumpFileHeader {
    const continuation = this.#paths[1]
    return { ...this.#options.header, kind: 'file', ...(continuation === undefined ? {} : { continuation }) }
  }

  /** Runs a step; the first failure ends the writer for everything but `keepPartial` and `abandon`. */
  async #guard(step: () => Promise<void>): Promise<void> {
    assert(!this.#isEnded, 'a holding writer is used after its end')
    if (this.#failure !== undefined) throw this.#failure
    try {
      await step()
    } catch (error) {
      this.#failure = faultOf(error)
      throw this.#failure
    }
  }

  #end(): void {
    this.#isEnded = true
    this.#current = undefined
    this.#options.places.close()
    this.#options.onEnd()
  }

  async #closeCurrent(): Promise<void> {
    const current = this.#current
    if (current === undefined) return
    this.#current = undefined
    // What was gathered and not yet written is still good data: keepPartial wants it.
    await current.writer.flush().catch(() => undefined)
    await current.writer.settle()
    await current.file.close()
  }

  async #removeAll(): Promise<void> {
    const { disk } = this.#options
    for (const path of this.#paths) {
      await disk.remove(path)
      await disk.remove(path + UNFINISHED_SUFFIX)
    }
    for (const dir of new Set(this.#paths.map(parentOf))) await disk.syncDir(dir)
  }

  async #chunkWithRoom(): Promise<OpenChunk> {
    const current = this.#current
    assert(current !== undefined, 'a holding writer without a chunk')
    const { places } = this.#options
    const isFull = current.writer.bytes >= current.room.limits.chunkBytes - DUMP_HEADER_BYTES
    for (;;) {
      const isHere = places.room === current.room
      const leftBytes = await places.leftBytes()
      if (isHere && !isFull && leftBytes > 0) return current
      if (leftBytes >= CHUNK_BYTES_MIN) return this.#openChunk(places.room)
      await places.next()
    }
  }

  async #openChunk(room: HoldingRoom): Promise<OpenChunk> {
    const { disk, header: given, batchBytesMax } = this.#options
    const isFirst = this.#paths.length === 0
    const path = await this.#freePathOn(room)
    const { continuation: _continuation, ...plain } = given
    const chunkHeader: DumpFileHeader = { ...plain, kind: isFirst ? 'file' : 'cont-file', blockKib: DUMP_HEADER_BYTES / 1024 }
    const dir = parentOf(path)
    await disk.makeDir(dir)
    const file = await this.#createNew(path)
    // Listed at once, so that whatever fails from here on is closed and removed by the end of the writer.
    this.#paths.push(path)
    const previous = this.#current
    const opened: OpenChunk = { room, path, header: chunkHeader, file, writer: new SequentialWriter(file, DUMP_HEADER_BYTES, { batchBytesMax }) }
    this.#dirtyDirs.add(dir)
    this.#dirtyDirs.add(parentOf(dir))
    try {
      await file.write([isFirst ? encodeMarkedHeader(chunkHeader, NOTHING_DURABLE) : encodeDumpHeader(chunkHeader)], 0)
      this.#options.places.take(DUMP_HEADER_BYTES)
      // The mark must be there before any data is: data without a mark counts as Amanda's own, and is kept as it is found.
      if (isFirst) await file.sync()
      if (previous !== undefined) {
        await file.sync()
        await this.#syncDirs()
        await previous.writer.flush()
        const header: DumpFileHeader = { ...previous.header, continuation: path }
        await previous.file.write([header.kind === 'file' ? encodeMarkedHeader(header, this.#durableCrc) : encodeDumpHeader(header)], 0)
        await previous.file.sync()
      }
    } catch (error) {
      await file.close()
      throw error
    }
    this.#current = opened
    if (previous !== undefined) {
      this.#closedBytes += previous.writer.bytes
      await previous.file.close()
    }
    return opened
  }

  /** A recovery trusts the mark, so it is written when the bytes are durable, and is durable itself before anybody is told. */
  async #markDurable(): Promise<void> {
    const crc = this.#options.sum.text()
    if (crc === this.#durableCrc) return
    const current = this.#paths.length === 1 ? this.#current : undefined
    const file = current?.file ?? (await this.#options.disk.open(this.path + UNFINISHED_SUFFIX, 'update'))
    try {
      await file.write([encodeDurableMark(crc)], DURABLE_MARK_OFFSET)
      await file.sync()
      this.#durableCrc = crc
    } finally {
      if (current === undefined) await file.close()
    }
  }

  async #rewriteFirstHeader(totals: HoldingTotals): Promise<void> {
    const block = encodeDumpHeader(finalHeader(this.#firstHeader(), totals, false))
    await using file = await this.#options.disk.open(this.path + UNFINISHED_SUFFIX, 'update')
    await file.write([block], 0)
    await file.sync()
  }

  async #syncDirs(): Promise<void> {
    for (const dir of this.#dirtyDirs) await this.#options.disk.syncDir(dir)
    this.#dirtyDirs.clear()
  }
}

/** Opens chunk 0. Rejects with what the disk said, and leaves nothing behind then. */
export async function openHoldingWriter(options: HoldingWriterOptions): Promise<HoldingWriter> {
  const writer = new ChunkedWriter(options)
  try {
    await writer.begin()
    return writer
  } catch (error) {
    await writer.abandon()
    throw faultOf(error)
  }
}
