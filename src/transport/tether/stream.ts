// One stream of a tether as a ByteStream: pieces wait here until they are read, and only then count as consumed, so the window bounds
// what waits. A piece that was read goes back to the pool with the next read. Each direction ends by itself.
//
//   reading   open → ended (END came, rest is read first) | cancelled (we stopped) | lost
//   writing   open → ending (END asked) → finished (peer has it all) | stopped (peer gave up) | failed (we gave up) | lost

import { FAULT_CODES, type FaultCode } from '../../kernel/fault-codes.ts'
import { Fault } from '../../kernel/fault.ts'
import type { BufferPool } from '../../kernel/buffer-pool.ts'
import type { ByteStream } from '../contract.ts'
import type { SessionEffect, SessionEvent, StreamId } from './session-types.ts'

/** The effects that concern one stream. */
export type StreamEffect = Extract<SessionEffect, { kind: 'deliver' | 'stream-ended' | 'room' | 'stopped' | 'finished' | 'committed' }>

/** The Fault a peer's end code stands for. Codes of newer versions are kept in the text. */
function faultOfCode(code: string, text: string): Fault {
  if (code in FAULT_CODES) return new Fault(code as FaultCode, text)
  return new Fault('peer-failed', text === '' ? code : `${text} (${code})`)
}

export class TetherStream implements ByteStream {
  readonly handle: StreamId
  readonly #buffers: BufferPool
  readonly #dispatch: (event: SessionEvent) => void
  // Reading
  #pieces: Buffer[] = []
  #head = 0
  #lent: Buffer | undefined
  #isEnded = false
  #readFault: Fault | undefined
  #isCancelled = false
  #wakeReader: (() => void) | undefined
  // Writing
  #writeFault: Fault | undefined
  #hasWritten = false
  #isEnding = false
  #isFinished = false
  #rooms = 0
  #committedBytes = 0
  #wakeWriter: (() => void) | undefined
  /** Why nothing written will be read; who wants to know. */
  #stopped: Fault | undefined
  #onStopped: (reason: Fault) => void = () => {}

  constructor(handle: StreamId, buffers: BufferPool, dispatch: (event: SessionEvent) => void) {
    this.handle = handle
    this.#buffers = buffers
    this.#dispatch = dispatch
  }

  /** Both directions are over and nothing is left to read. */
  get isOver(): boolean {
    return this.#isFinished && (this.#isEnded || this.#isCancelled)
  }

  async read(): Promise<Uint8Array | null> {
    this.#takeBack()
    for (;;) {
      const piece = this.#pieces[this.#head]
      if (piece !== undefined) {
        this.#head += 1
        if (this.#head === this.#pieces.length) {
          this.#pieces = []
          this.#head = 0
        }
        this.#lent = piece
        this.#dispatch({ kind: 'consumed', stream: this.handle, bytes: piece.length })
        return piece
      }
      if (this.#readFault !== undefined) throw this.#readFault
      if (this.#isEnded) return null
      await new Promise<void>((resolve) => (this.#wakeReader = resolve))
      this.#wakeReader = undefined
    }
  }

  cancel(reason: Fault): void {
    if (this.#isCancelled || this.#readFault !== undefined || (this.#isEnded && this.#pieces.length === 0)) return
    this.#isCancelled = true
    this.#readFault = reason
    for (const piece of this.#pieces.slice(this.#head)) this.#buffers.give(piece)
    this.#pieces = []
    this.#head = 0
    if (!this.#isEnded) this.#dispatch({ kind: 'stop', stream: this.handle, code: reason.code, text: reason.message })
    this.#wakeReader?.()
  }

  async write(piece: Uint8Array): Promise<void> {
    if (this.#writeFault !== undefined) throw this.#writeFault
    if (this.#isEnding) throw new Fault('internal', 'write after the end of a stream')
    if (piece.length === 0) return
    this.#hasWritten = true
    this.#dispatch({ kind: 'write', stream: this.handle, piece })
    while (this.#rooms === 0 && this.#writeFault === undefined) {
      await new Promise<void>((resolve) => (this.#wakeWriter = resolve))
      this.#wakeWriter = undefined
    }
    if (this.#writeFault !== undefined) throw this.#writeFault
    this.#rooms -= 1
  }

  /** Resolves when the peer has received all bytes and the end. */
  async end(): Promise<void> {
    if (this.#writeFault !== undefined) throw this.#writeFault
    if (!this.#isEnding) {
      this.#isEnding = true
      this.#dispatch({ kind: 'end', stream: this.handle, code: '', text: '' })
    }
    while (!this.#isFinished && this.#writeFault === undefined) {
      await new Promise<void>((resolve) => (this.#wakeWriter = resolve))
      this.#wakeWriter = undefined
    }
    if (this.#writeFault !== undefined) throw this.#writeFault
  }

  fail(reason: Fault): void {
    if (this.#isEnding || this.#writeFault !== undefined) return
    this.#isEnding = true
    this.#writeFault = reason
    this.#dispatch({ kind: 'end', stream: this.handle, code: reason.code, text: reason.message })
    this.#wakeWriter?.()
  }

  commit(bytes: number): void {
    this.#dispatch({ kind: 'commit', stream: this.handle, offset: bytes })
  }

  committedBytes(): number {
    return this.#committedBytes
  }

  onStopped(listener: (reason: Fault) => void): void {
    this.#onStopped = listener
    if (this.#stopped !== undefined) listener(this.#stopped)
  }

  #stop(reason: Fault): void {
    if (this.#isFinished || this.#stopped !== undefined) return
    this.#stopped = reason
    this.#onStopped(reason)
  }

  /** The session is gone. What was delivered may still be read; the end is the session's reason. */
  lose(reason: Fault): void {
    if (!this.#isEnded) this.#readFault ??= reason
    if (!this.#isFinished) this.#writeFault ??= reason
    this.#wakeReader?.()
    this.#wakeWriter?.()
    this.#stop(reason)
  }

  /** Ends our direction if nothing was ever written to it; for one whose writer is gone. */
  endUnused(): void {
    if (this.#isEnding || this.#hasWritten || this.#writeFault !== undefined) return
    this.#isEnding = true
    this.#dispatch({ kind: 'end', stream: this.handle, code: '', text: '' })
  }

  /** The reader is done with what it was lent. */
  #takeBack(): void {
    if (this.#lent !== undefined) this.#buffers.give(this.#lent)
    this.#lent = undefined
  }

  take(effect: StreamEffect): void {
    switch (effect.kind) {
      case 'deliver':
        if (this.#isCancelled) return this.#buffers.give(effect.piece)
        this.#pieces.push(effect.piece)
        this.#wakeReader?.()
        break
      case 'stream-ended':
        this.#isEnded = true
        if (effect.code !== '') this.#readFault ??= faultOfCode(effect.code, effect.text)
        this.#wakeReader?.()
        break
      case 'room':
        this.#rooms += 1
        this.#wakeWriter?.()
        break
      case 'stopped': {
        const reason = faultOfCode(effect.code, effect.text)
        this.#isEnding = true
        this.#writeFault ??= reason
        this.#wakeWriter?.()
        this.#stop(reason)
        break
      }
      case 'finished':
        this.#isFinished = true
        this.#wakeWriter?.()
        break
      case 'committed':
        this.#committedBytes = Math.max(this.#committedBytes, effect.offset)
        break
    }
  }
}
