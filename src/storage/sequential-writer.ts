// Writes a flow of pieces to one file, in order, from an offset on. Pieces are gathered in one of two buffers, and while the disk works on
// one the other fills. Says what is written and what is durable; a failure is kept and told by every later call.

import { bufferAtPageOffset } from '../kernel/buffer-pool.ts'
import type { DiskFile } from '../kernel/disk.ts'
import { faultOf, type Fault } from '../kernel/fault.ts'

/** Large enough that a call costs little beside its copy; twice this is what a writer holds, and there may be twenty. */
const BATCH_BYTES = 256 * 1024
/** Apart from where others keep the same bytes in their pages. */
const PAGE_OFFSET = 1536

export class SequentialWriter {
  readonly #file: DiskFile
  readonly #batchBytes: number
  readonly #start: number
  /** Where the filling buffer will go. */
  #position: number
  #filling: Buffer | undefined
  #filledBytes = 0
  /** The other one, when the disk is done with it. */
  #spare: Buffer | undefined
  #inFlight: Promise<void> = Promise.resolve()
  #failure: Fault | undefined

  constructor(file: DiskFile, startOffset: number, batchBytes = BATCH_BYTES) {
    this.#file = file
    this.#batchBytes = batchBytes
    this.#start = startOffset
    this.#position = startOffset
  }

  /** Bytes taken, wherever they are now. */
  get bytes(): number {
    return this.#position - this.#start + this.#filledBytes
  }

  /** Takes `piece`, which the writer does not keep. */
  async write(piece: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    for (let taken = 0; taken < piece.length; ) {
      this.#filling ??= this.#takeSpare() ?? bufferAtPageOffset(this.#batchBytes, PAGE_OFFSET)
      const count = Math.min(piece.length - taken, this.#batchBytes - this.#filledBytes)
      this.#filling.set(count === piece.length ? piece : piece.subarray(taken, taken + count), this.#filledBytes)
      this.#filledBytes += count
      taken += count
      if (this.#filledBytes === this.#batchBytes) await this.#startBatch()
    }
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
    this.#filledBytes = 0
    await this.#inFlight
  }

  #takeSpare(): Buffer | undefined {
    const spare = this.#spare
    this.#spare = undefined
    return spare
  }

  async #startBatch(): Promise<void> {
    await this.#inFlight
    if (this.#failure !== undefined) throw this.#failure
    const buffer = this.#filling
    if (buffer === undefined || this.#filledBytes === 0) return
    const at = this.#position
    const bytes = this.#filledBytes
    this.#position += bytes
    this.#filledBytes = 0
    this.#filling = this.#takeSpare()
    this.#inFlight = this.#file.write([buffer.subarray(0, bytes)], at).then(
      () => void (this.#spare = buffer),
      (error: unknown) => void (this.#failure = faultOf(error)),
    )
  }
}
