// Writes a flow of pieces to one file, in order, from an offset on. Pieces are gathered in one of two buffers, and while the disk works on
// one the other fills. Says what is written and what is durable; a failure is kept and told by every later call.

import { bufferAtPageOffset } from '../kernel/buffer-pool.ts'
import type { DiskFile } from '../kernel/disk.ts'
import { faultOf, type Fault } from '../kernel/fault.ts'

/** A write costs a tenth of a millisecond beside its copy. There may be twenty writers with two buffers each, so only one whose bytes come
 * faster than they are written has large ones. */
const BATCH_BYTES_FIRST = 128 * 1024
const BATCH_BYTES_MAX = 512 * 1024

export interface SequentialWriterOptions {
  readonly batchBytes?: number
  /** What a buffer may grow to now; asked before each growth. */
  readonly batchBytesMax?: () => number
}

/** Apart from where others keep the same bytes in their pages. */
const PAGE_OFFSET = 1536

export class SequentialWriter {
  readonly #file: DiskFile
  readonly #start: number
  readonly #batchBytesMax: () => number
  /** Size of the next buffer that is made. */
  #batchBytes: number
  /** Where the filling buffer will go. */
  #position: number
  #filling: Buffer | undefined
  #filledBytes = 0
  /** The other one, when the disk is done with it. */
  #spare: Buffer | undefined
  #isWriting = false
  #inFlight: Promise<void> = Promise.resolve()
  #failure: Fault | undefined

  constructor(file: DiskFile, startOffset: number, options: SequentialWriterOptions = {}) {
    this.#file = file
    this.#batchBytes = options.batchBytes ?? BATCH_BYTES_FIRST
    this.#batchBytesMax = options.batchBytesMax ?? (() => BATCH_BYTES_MAX)
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
      const count = Math.min(piece.length - taken, this.#filling.length - this.#filledBytes)
      this.#filling.set(count === piece.length ? piece : piece.subarray(taken, taken + count), this.#filledBytes)
      this.#filledBytes += count
      taken += count
      if (this.#filledBytes === this.#filling.length) await this.#startBatch()
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

  /** The buffer that waits, unless it has become too small. */
  #takeSpare(): Buffer | undefined {
    const spare = this.#spare
    this.#spare = undefined
    return spare !== undefined && spare.length >= this.#batchBytes ? spare : undefined
  }

  async #startBatch(): Promise<void> {
    if (this.#isWriting && 2 * this.#batchBytes <= Math.min(BATCH_BYTES_MAX, this.#batchBytesMax())) this.#batchBytes *= 2
    await this.#inFlight
    if (this.#failure !== undefined) throw this.#failure
    const buffer = this.#filling
    if (buffer === undefined || this.#filledBytes === 0) return
    const at = this.#position
    const bytes = this.#filledBytes
    this.#position += bytes
    this.#filledBytes = 0
    this.#filling = this.#takeSpare()
    this.#isWriting = true
    this.#inFlight = this.#write(buffer, bytes, at)
  }

  async #write(buffer: Buffer, bytes: number, at: number): Promise<void> {
    try {
      await this.#file.write([buffer.subarray(0, bytes)], at)
      this.#spare = buffer
    } catch (error) {
      this.#failure = faultOf(error)
    }
    this.#isWriting = false
  }
}
