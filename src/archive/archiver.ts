// A dump by our own archiver: `data` is a tar stream (docs/formats/tar.md), `index` its lines, and what happened to files on the way is said in the words of GNU
// tar. All that is slow happens in threads; here their blocks only pass by, in the order of the tree.

import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import { BoundedQueue } from '../kernel/queue.ts'
import { releaseBytes } from '../kernel/release-bytes.ts'
import { ArchiveThreads } from './archive-threads.ts'
import { BlockPool } from './block-pool.ts'
import { HandOut } from './hand-out.ts'
import { recordsOf } from './unit-messages.ts'
import { LinkTable } from './link-table.ts'
import { OwnerNames } from './owner-names.ts'
import type { ArchiveSettings } from './settings.ts'
import { ThreadPool } from './thread-pool.ts'

export interface RunningArchive {
  readonly data: ByteSource
  /** Undefined when the settings ask for none. */
  readonly index: ByteSource | undefined
  /** Bytes of the archive so far. */
  bytesWritten(): number
  stop(reason: Fault): Promise<void>
}

export interface ArchiveHooks {
  /** A line of GNU tar's. The dump waits for it. */
  say(line: string): Promise<void>
  /** A record of the snapshot, in the order of the tree. Lent. */
  record(bytes: Uint8Array): void
}

/** An archive ends with two blocks of zeros and fills its last record. */
const END_BYTES = 1024
const RECORD_BYTES = 10_240
/** Pieces of the index that wait for their reader. */
const INDEX_PIECES_MAX = 16

/** `pool`, `threadPool`: of all dumps of the process. */
export function startArchive(settings: ArchiveSettings, hooks: ArchiveHooks, pool = new BlockPool(), threadPool = new ThreadPool()): RunningArchive {
  return new Archive(settings, hooks, pool, threadPool)
}

/** Bytes that an archive would have. */
export async function estimateArchive(settings: ArchiveSettings, signal: AbortSignal, pool = new BlockPool(), threadPool = new ThreadPool()): Promise<number> {
  const threads = new ArchiveThreads({ ...settings, isEstimate: true, index: 'none' }, pool, () => undefined, threadPool)
  const cancelled = new Fault('cancelled', 'the estimate was cancelled')
  const onAbort = (): void => void threads.stop(cancelled)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  try {
    for (let block = await threads.next(); block !== undefined; block = await threads.next()) threads.giveBack(block)
    await threads.end()
    return Math.ceil((threads.estimatedBytes + END_BYTES) / RECORD_BYTES) * RECORD_BYTES
  } finally {
    signal.removeEventListener('abort', onAbort)
    await threads.stop(cancelled)
  }
}

class Archive implements RunningArchive {
  readonly data: ByteSource
  readonly index: ByteSource | undefined
  readonly #hooks: ArchiveHooks
  readonly #threads: ArchiveThreads
  readonly #handOut: HandOut
  readonly #lines = new BoundedQueue<Uint8Array>(INDEX_PIECES_MAX)
  #isIndexWanted: boolean
  #pieces: readonly Uint8Array[] = []
  #nextPiece = 0
  #lent: { giveBack(): void } | undefined
  #lentLines: Uint8Array | undefined
  #isEnded = false

  constructor(settings: ArchiveSettings, hooks: ArchiveHooks, pool: BlockPool, threadPool: ThreadPool) {
    this.#hooks = hooks
    const links = new LinkTable()
    this.#handOut = new HandOut(links, new OwnerNames(settings.passwd, settings.group), settings.index === 'attributes')
    this.#threads = new ArchiveThreads(settings, pool, ({ key, linkCount, path }) => links.see(key, linkCount, path), threadPool)
    this.#isIndexWanted = settings.index !== 'none'
    this.data = { read: () => this.#read(), cancel: (reason) => void this.stop(reason) }
    this.index = this.#isIndexWanted ? { read: () => this.#readIndex(), cancel: () => this.#dropIndex() } : undefined
  }

  bytesWritten(): number {
    return this.#handOut.offset
  }

  async stop(reason: Fault): Promise<void> {
    this.#lines.close(reason)
    await this.#threads.stop(reason)
  }

  async #readIndex(): Promise<Uint8Array | null> {
    const last = this.#lentLines
    this.#lentLines = undefined
    // What is only a part shares its memory with other pieces.
    if (last !== undefined && last.byteLength === last.buffer.byteLength) releaseBytes(last)
    this.#lentLines = await this.#lines.shift()
    return this.#lentLines ?? null
  }

  #dropIndex(): void {
    this.#isIndexWanted = false
    this.#lines.close()
  }

  async #read(): Promise<Uint8Array | null> {
    try {
      return await this.#nextOf()
    } catch (error) {
      const fault = faultOf(error)
      void this.stop(fault)
      throw fault
    }
  }

  async #nextOf(): Promise<Uint8Array | null> {
    for (;;) {
      const piece = this.#pieces[this.#nextPiece++]
      if (piece !== undefined) return piece
      this.#lent?.giveBack()
      this.#lent = undefined
      if (this.#isEnded) return null
      const block = await this.#threads.next()
      if (block === undefined) return this.#end()
      for (const line of block.said) await this.#hooks.say(line)
      for (const record of recordsOf(block)) this.#hooks.record(record)
      if (block.records !== undefined) releaseBytes(block.records)
      const { pieces, index } = this.#handOut.take(block, this.#threads.bytesOf(block))
      if (block.blanks !== undefined) releaseBytes(block.blanks)
      if (this.#isIndexWanted) for (const lines of index) await this.#lines.push(lines)
      this.#pieces = pieces
      this.#nextPiece = 0
      this.#lent = { giveBack: () => this.#threads.giveBack(block) }
    }
  }

  #end(): Uint8Array {
    this.#isEnded = true
    this.#lines.close()
    const { offset } = this.#handOut
    const end = Math.ceil((offset + END_BYTES) / RECORD_BYTES) * RECORD_BYTES
    this.#handOut.offset = end
    this.#pieces = []
    void this.#threads.end()
    return new Uint8Array(end - offset)
  }
}
