// One stream of a stock client: a bounded queue of what came, whatever carries it. Amanda closes a stream as a whole when one side ends it,
// so an end without a word of ours is not sent before the peer has ended: whoever only reads would close what he reads.

import type { Clock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import type { StreamName } from '../../wire/amanda/connect-reply.ts'
import type { ByteStream, StreamHandle } from '../contract.ts'

/** Unread bytes at which the carrier stops reading. */
const UNREAD_BYTES_MAX = 256 * 1024

/** What carries a stream. */
export interface StreamPort {
  /** Resolves when there is room for more. Rejects when the connection is lost. */
  write(piece: Uint8Array): Promise<void>
  /** Nothing more will be written. Called once. */
  end(): void
  /** The reader took something: the stream is no longer full, or never was. */
  onTaken(): void
}

export class AmandaStream implements ByteStream {
  readonly handle: StreamHandle
  readonly name: StreamName
  readonly #port: StreamPort
  readonly #clock: Clock
  #pieces: Uint8Array[] = []
  #unreadBytes = 0
  #movedMs: number
  /** The peer has said that this is all. */
  #isEnded = false
  #isOurEndSent = false
  /** `end` was called before anything was written: our end follows the peer's. */
  #isEndOwed = false
  #hasWritten = false
  #failure: Fault | undefined
  #isStopped = false
  #onStopped: ((reason: Fault) => void) | undefined
  #wake: (() => void) | undefined

  constructor(handle: StreamHandle, name: StreamName, port: StreamPort, clock: Clock) {
    this.handle = handle
    this.name = name
    this.#port = port
    this.#clock = clock
    this.#movedMs = clock.monotonicMs()
  }

  get isFull(): boolean {
    return this.#unreadBytes >= UNREAD_BYTES_MAX && this.#failure === undefined
  }

  /** Both sides have said their last word. */
  get isOver(): boolean {
    return this.#isEnded && this.#isOurEndSent
  }

  /** The peer may still say something. */
  get isOpen(): boolean {
    return !this.#isEnded && this.#failure === undefined
  }

  /** Since the last byte, or since it was opened. */
  get idleMs(): number {
    return this.#clock.monotonicMs() - this.#movedMs
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const piece = this.#pieces.shift()
      if (piece !== undefined) {
        this.#unreadBytes -= piece.length
        this.#port.onTaken()
        return piece
      }
      if (this.#failure !== undefined) throw this.#failure
      if (this.#isEnded) return null
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
    }
  }

  cancel(reason: Fault): void {
    this.#fail(reason)
  }

  async write(piece: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#isOurEndSent || this.#isEndOwed) throw new Fault('internal', 'write after the end of a stream')
    if (piece.length === 0) return
    this.#hasWritten = true
    await this.#port.write(piece)
    if (this.#failure !== undefined) throw this.#failure
  }

  end(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#hasWritten || this.#isEnded) this.#sendEnd()
    else this.#isEndOwed = true
    return Promise.resolve()
  }

  /** Amanda has no bad end: the peer sees one without a reason. */
  fail(reason: Fault): void {
    if (!this.#isOurEndSent && !this.#isEndOwed) this.#fail(reason)
  }

  commit(): void {
    // Amanda's clients keep nothing of what they sent.
  }

  committedBytes(): number {
    return 0
  }

  onStopped(listener: (reason: Fault) => void): void {
    this.#onStopped = listener
    this.#tellStopped()
  }

  /** Bytes came. They are kept as they are, not copied: the carrier gives them away. */
  take(piece: Uint8Array): void {
    this.#movedMs = this.#clock.monotonicMs()
    if (!this.isOpen) return
    this.#pieces.push(piece)
    this.#unreadBytes += piece.length
    this.#wake?.()
  }

  /** The peer has ended the stream. */
  takeEnd(): void {
    this.#movedMs = this.#clock.monotonicMs()
    if (this.#isEnded) return
    this.#isEnded = true
    if (this.#isEndOwed) this.#sendEnd()
    this.#wake?.()
  }

  /** The connection is gone. What came before is still read; then `reason` is told. A stream that had ended stays well. */
  lose(reason: Fault): void {
    this.#isOurEndSent = true
    if (this.#isEnded) return
    this.#failure ??= reason
    this.#tellStopped()
    this.#wake?.()
  }

  #fail(reason: Fault): void {
    this.#pieces = []
    this.#unreadBytes = 0
    if (this.#failure === undefined && !(this.#isEnded && this.#isOurEndSent)) {
      this.#failure = reason
      this.#sendEnd()
      this.#tellStopped()
    }
    this.#wake?.()
    this.#port.onTaken()
  }

  #tellStopped(): void {
    if (this.#failure === undefined || this.#onStopped === undefined || this.#isStopped) return
    this.#isStopped = true
    this.#onStopped(this.#failure)
  }

  #sendEnd(): void {
    if (this.#isOurEndSent) return
    this.#isOurEndSent = true
    this.#isEndOwed = false
    this.#port.end()
  }
}
