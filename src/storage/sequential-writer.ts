// Writes a flow of pieces to one file, in order, from an offset on. Small pieces are gathered into one positional writev, and while the
// disk works on one batch the next is gathered. Nothing is copied. Says what is written and what is durable; a failure is kept and
// told by every later call.

import type { DiskFile } from '../kernel/disk.ts'
import { faultOf, type Fault } from '../kernel/fault.ts'

/** Large enough that a call costs little beside its copy; twice this is what a writer holds at most, besides one piece, and there may be twenty. */
const BATCH_BYTES = 128 * 1024

export class SequentialWriter {
  readonly #file: DiskFile
  readonly #start: number
  #position: number
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #inFlight: Promise<void> = Promise.resolve()
  #failure: Fault | undefined

  constructor(file: DiskFile, startOffset: number) {
    this.#file = file
    this.#start = startOffset
    this.#position = startOffset
  }

  /** Bytes taken, wherever they are now. */
  get bytes(): number {
    return this.#position - this.#start + this.#pendingBytes
  }

  async write(piece: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    this.#pending.push(piece)
    this.#pendingBytes += piece.length
    if (this.#pendingBytes >= BATCH_BYTES) await this.#startBatch()
  }

  /** Hands everything to the operating system. */
  async flush(): Promise<void> {
    await this.#startBatch()
    await this.#inFlight
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Everything taken before the call is durable when it resolves; returns how many bytes that is. */
  async sync(): Promise<number> {
    const bytes = this.bytes
    await this.flush()
    await this.#file.sync()
    return bytes
  }

  /** Waits until the disk no longer works on the file, whatever became of it. */
  async settle(): Promise<void> {
    this.#pending = []
    await this.#inFlight
  }

  async #startBatch(): Promise<void> {
    await this.#inFlight
    if (this.#failure !== undefined) throw this.#failure
    const pieces = this.#pending
    const bytes = this.#pendingBytes
    if (bytes === 0) return
    this.#pending = []
    this.#pendingBytes = 0
    const at = this.#position
    this.#position += bytes
    this.#inFlight = this.#file.write(pieces, at).catch((error: unknown) => {
      this.#failure = faultOf(error)
    })
  }
}
