// Directories whose owner, mode and time are set when all that is in them is there, in the opposite order: children before their parents. Packed, and beyond a bound
// in a file without a name in the target, so that a million directories cost no memory.

import { OPEN, readExactly, type AtCalls } from '../../posix/at-calls.ts'
import { errnoText } from '../../posix/errno-text.ts'
import { Fault } from '../../kernel/fault.ts'
import { BatchReader, BatchWriter, OP, type Attributes } from './batch.ts'

const CHUNK_BYTES = 256 * 1024
/** In memory; what is more is in the file. */
const CHUNKS_MAX = 16

interface Chunk {
  readonly buffer: ArrayBuffer
  readonly bytes: number
}

interface SpilledChunk {
  readonly position: number
  readonly bytes: number
}

export type FinishVisitor = (path: string, attributes: Attributes) => void

export class FinishList {
  readonly #calls: AtCalls
  readonly #rootFd: number
  readonly #temporaryName: () => Buffer
  readonly #chunks: Chunk[] = []
  readonly #spilled: SpilledChunk[] = []
  #writer = new BatchWriter(new ArrayBuffer(CHUNK_BYTES))
  #file: number | undefined
  #fileBytes = 0

  constructor(calls: AtCalls, rootFd: number, temporaryName: () => Buffer) {
    this.#calls = calls
    this.#rootFd = rootFd
    this.#temporaryName = temporaryName
  }

  /** Throws a Fault when the list cannot be kept. */
  add(path: string, attributes: Attributes): void {
    const room = BatchWriter.roomFor(path.length, attributes.xattrs)
    if (room > this.#writer.freeBytes) this.#turn(room)
    this.#writer.directory(path, attributes, true, undefined)
  }

  /** Visits everything, the last first, and forgets it. */
  drain(visit: FinishVisitor): void {
    this.#turn(0)
    for (let chunk = this.#chunks.pop(); chunk !== undefined; chunk = this.#chunks.pop()) visitReversed(chunk, visit)
    for (let spilled = this.#spilled.pop(); spilled !== undefined; spilled = this.#spilled.pop()) {
      const buffer = new ArrayBuffer(spilled.bytes)
      readExactly(this.#file ?? -1, new Uint8Array(buffer), spilled.position)
      visitReversed({ buffer, bytes: spilled.bytes }, visit)
    }
    this.close()
  }

  close(): void {
    if (this.#file !== undefined) this.#calls.close(this.#file)
    this.#file = undefined
    this.#fileBytes = 0
  }

  #turn(room: number): void {
    if (this.#writer.usedBytes > 0) this.#chunks.push({ buffer: this.#writer.buffer, bytes: this.#writer.usedBytes })
    this.#writer = new BatchWriter(new ArrayBuffer(Math.max(CHUNK_BYTES, room)))
    while (room > 0 && this.#chunks.length > CHUNKS_MAX) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) this.#spill(chunk)
    }
  }

  #spill(chunk: Chunk): void {
    this.#file ??= this.#openFile()
    if (this.#calls.writeAll(this.#file, new Uint8Array(chunk.buffer, 0, chunk.bytes), this.#fileBytes) !== 0) throw new Fault('disk-full', `the list of directories cannot be written: ${errnoText(this.#calls.failureCode())}`)
    this.#spilled.push({ position: this.#fileBytes, bytes: chunk.bytes })
    this.#fileBytes += chunk.bytes
  }

  #openFile(): number {
    const name = this.#temporaryName()
    const fd = this.#calls.openAt(this.#rootFd, name, OPEN.O_RDWR | OPEN.O_CREAT | OPEN.O_EXCL | OPEN.O_NOFOLLOW | OPEN.closeOnExec, 0o600)
    if (fd < 0) throw new Fault('disk-error', `the list of directories cannot be kept: ${errnoText(this.#calls.failureCode())}`)
    this.#calls.unlinkAt(this.#rootFd, name, false)
    return fd
  }
}

function visitReversed(chunk: Chunk, visit: FinishVisitor): void {
  const reader = new BatchReader(chunk.buffer, chunk.bytes)
  const entries: { readonly path: string; readonly attributes: Attributes }[] = []
  while (reader.op() === OP.directory) {
    const path = reader.text()
    reader.u32()
    const attributes: Attributes = { mode: 0, uid: 0, gid: 0, seconds: 0, nanoseconds: 0, xattrs: [] }
    reader.attributes(attributes)
    reader.u32()
    entries.push({ path, attributes })
  }
  for (const { path, attributes } of entries.toReversed()) visit(path, attributes)
}
