// The control channel of a measurement, over any pipe: frames out, frames in, and a PING every second both ways, so that it is never idle and
// its silence means something. PINGs carry the wall clock of both ends, as NTP does. Ends when the pipe does, or after CONTROL_DEAD_MS of
// silence.

import type { Clock, Timer } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { encodeProbeFrame, ProbeFrameDecoder } from '../../wire/probe/frame-codec.ts'
import type { ProbeFrame } from '../../wire/probe/frame.ts'
import { CONTROL_BEAT_MS, CONTROL_BYE_MS_MAX, CONTROL_DEAD_MS } from './limits.ts'
import type { ProbePipe } from './probe-link.ts'

/** One PING and its PONG. */
export interface PingSample {
  readonly roundTripMs: number
  /** Of the peer's wall clock against ours. */
  readonly offsetMs: number
}

export interface ControlListener {
  /** Everything but PING and PONG. */
  frame(frame: ProbeFrame): void
  /** Something was heard. */
  heard?(): void
  /** Told once. */
  down(reason: Fault): void
}

interface WaitingPing {
  readonly sentMs: number
  readonly done: PromiseWithResolvers<PingSample>
}

const US = 1000

export class ControlChannel {
  readonly #pipe: ProbePipe
  readonly #clock: Clock
  readonly #decoder = new ProbeFrameDecoder()
  readonly #pings = new Map<number, WaitingPing>()
  #listener: ControlListener | undefined
  #lastToken = 0
  #heardMs: number
  #timer: Timer | undefined
  #isDown = false
  #onEnd: () => void = () => undefined

  constructor(pipe: ProbePipe, clock: Clock) {
    this.#pipe = pipe
    this.#clock = clock
    this.#heardMs = clock.monotonicMs()
  }

  /** Begins. Called once. */
  listen(listener: ControlListener): void {
    this.#listener = listener
    this.#pipe.attach({
      bytes: (chunk) => this.#take(chunk),
      drained: () => undefined,
      down: (end, text) => this.#end(new Fault('connection-lost', `the control connection of the measurement ended: ${text} (${end})`)),
    })
    this.#beat()
  }

  send(frame: ProbeFrame): void {
    if (!this.#isDown) this.#pipe.send(encodeProbeFrame(frame))
  }

  /** Rejects when the channel ends before the answer. */
  ping(): Promise<PingSample> {
    const done = Promise.withResolvers<PingSample>()
    const token = ++this.#lastToken
    if (this.#isDown) done.reject(new Fault('connection-lost', 'the control connection of the measurement has ended'))
    this.#pings.set(token, { sentMs: this.#clock.monotonicMs(), done })
    this.send({ kind: 'ping', token, sentUs: this.#wallUs() })
    return done.promise
  }

  /** Says BYE and ends. */
  close(code: 'done' | 'stopping', text: string): void {
    this.send({ kind: 'bye', code, text })
    this.#end(new Fault('cancelled', text))
  }

  /** Says that all is done and waits until the peer has it, which ends the channel; at most CONTROL_BYE_MS_MAX. */
  async finish(text: string): Promise<void> {
    const gone = Promise.withResolvers<void>()
    this.#onEnd = gone.resolve
    if (this.#isDown) return
    const timer = this.#clock.setTimer(CONTROL_BYE_MS_MAX, gone.resolve)
    this.send({ kind: 'bye', code: 'done', text })
    await gone.promise
    timer.cancel()
    this.#end(new Fault('cancelled', text))
  }

  #wallUs(): number {
    return Math.round(this.#clock.wallMs() * US)
  }

  #beat(): void {
    this.#timer = this.#clock.setTimer(CONTROL_BEAT_MS, () => {
      if (this.#clock.monotonicMs() - this.#heardMs > CONTROL_DEAD_MS) return this.#end(new Fault('connection-lost', `nothing was heard on the control connection of the measurement for ${CONTROL_DEAD_MS / 1000} s`))
      // Token 0 is nobody's: its answer is only heard.
      this.send({ kind: 'ping', token: 0, sentUs: this.#wallUs() })
      this.#beat()
    })
  }

  #take(chunk: Uint8Array): void {
    this.#heardMs = this.#clock.monotonicMs()
    this.#listener?.heard?.()
    try {
      for (const frame of this.#decoder.push(chunk)) if (!this.#isDown) this.#takeFrame(frame)
    } catch (error) {
      this.#end(faultOf(error))
    }
  }

  #takeFrame(frame: ProbeFrame): void {
    switch (frame.kind) {
      case 'ping': {
        const nowUs = this.#wallUs()
        return this.send({ kind: 'pong', token: frame.token, sentUs: frame.sentUs, receivedUs: nowUs, answeredUs: nowUs })
      }
      case 'pong':
        return this.#takePong(frame)
      default:
        this.#listener?.frame(frame)
    }
  }

  #takePong({ token, sentUs, receivedUs, answeredUs }: Extract<ProbeFrame, { kind: 'pong' }>): void {
    const waiting = this.#pings.get(token)
    if (waiting === undefined) return
    this.#pings.delete(token)
    const offsetUs = (receivedUs - sentUs + (answeredUs - this.#wallUs())) / 2
    waiting.done.resolve({ roundTripMs: this.#clock.monotonicMs() - waiting.sentMs, offsetMs: offsetUs / US })
  }

  #end(reason: Fault): void {
    if (this.#isDown) return
    this.#isDown = true
    this.#timer?.cancel()
    this.#pipe.close()
    for (const { done } of this.#pings.values()) {
      done.promise.catch(() => undefined)
      done.reject(reason)
    }
    this.#pings.clear()
    this.#onEnd()
    this.#listener?.down(reason)
  }
}
