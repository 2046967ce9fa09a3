// Tokens over the input and output of a program: ssh, or amandad itself. What it complains about on its error output becomes the cause of a
// loss, and it never outlives the pipe: an end of its input, then SIGTERM, then SIGKILL.

import type { Clock } from '../../kernel/clock.ts'
import { sleep } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { describeExit, type RunningProcess } from '../../kernel/processes.ts'
import { CLOSING_MS_MAX, UNEXPECTED_END, type TokenPipe, type TokenPipeEvents } from './token-pipe.ts'

/** Bytes that wait to be sent at which writers wait. */
const WAITING_BYTES_MAX = 256 * 1024
/** Of the error output the end is kept: it says why. */
const COMPLAINT_CHARACTERS_MAX = 4096
const COMPLAINT_LINES_MAX = 3
/** A program that has closed its output has so long to end, and to say with what. */
const ENDING_MS_MAX = 2000

class ChildPipe implements TokenPipe {
  readonly #name: string
  readonly #running: RunningProcess
  readonly #clock: Clock
  #events: TokenPipeEvents | undefined
  #complaint = ''
  #complained: Promise<void> = Promise.resolve()
  #sending: Promise<void> = Promise.resolve()
  #waitingBytes = 0
  #isPaused = false
  #isClosed = false
  #isEnding = false
  #wakeReader: (() => void) | undefined

  constructor(name: string, running: RunningProcess, clock: Clock) {
    this.#name = name
    this.#running = running
    this.#clock = clock
  }

  get needsDrain(): boolean {
    return this.#waitingBytes >= WAITING_BYTES_MAX
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  attach(events: TokenPipeEvents): void {
    this.#events = events
    this.#complained = this.#hearComplaints()
    void this.#read(events)
  }

  send(head: Uint8Array, payload: Uint8Array): void {
    if (this.#isClosed) return
    const bytes = Buffer.concat([head, payload])
    this.#waitingBytes += bytes.length
    this.#sending = this.#sending.then(() => this.#running.stdin.write(bytes)).then(() => this.#sent(bytes.length))
    // What the program says at its end tells more than the pipe that broke.
    this.#sending.catch(() => void this.#lose())
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#wakeReader?.()
  }

  close(isGraceful: boolean): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.resume()
    const { stdin, stdout, exit } = this.#running
    const reason = new Fault('cancelled', 'the connection was closed')
    if (isGraceful) this.#sending.then(() => stdin.end()).catch(() => undefined)
    else {
      stdin.fail(reason)
      stdout.cancel(reason)
    }
    void this.#endProgram(isGraceful, exit)
  }

  async #endProgram(isGraceful: boolean, exit: Promise<unknown>): Promise<void> {
    for (const signal of isGraceful ? ([undefined, 'SIGTERM', 'SIGKILL'] as const) : (['SIGTERM', 'SIGKILL'] as const)) {
      if (signal !== undefined) this.#running.kill(signal)
      if (await this.#within(CLOSING_MS_MAX, exit)) return
    }
  }

  /** True: `promise` settled in time. */
  async #within(ms: number, promise: Promise<unknown>): Promise<boolean> {
    const inTime = new AbortController()
    const late = sleep(this.#clock, ms, inTime.signal).then(() => false, () => false)
    const isInTime = await Promise.race([promise.then(() => true), late])
    inTime.abort()
    return isInTime
  }

  async #read({ onBytes }: TokenPipeEvents): Promise<void> {
    try {
      for (;;) {
        while (this.#isPaused) await new Promise<void>((resolve) => (this.#wakeReader = resolve))
        const piece = await this.#running.stdout.read()
        if (piece === null) break
        // The piece is lent, and streams keep what comes.
        if (!this.#isClosed) onBytes(Uint8Array.from(piece))
      }
    } catch {
      // The end of the program tells why.
    }
    await this.#lose()
  }

  async #hearComplaints(): Promise<void> {
    try {
      for (let piece = await this.#running.stderr.read(); piece !== null; piece = await this.#running.stderr.read()) {
        this.#complaint = (this.#complaint + Buffer.from(piece).toString('utf8')).slice(-COMPLAINT_CHARACTERS_MAX)
      }
    } catch {
      // What was heard so far is what there is.
    }
  }

  #sent(bytes: number): void {
    const wasFull = this.needsDrain
    this.#waitingBytes -= bytes
    if (wasFull && !this.needsDrain && !this.#isClosed) this.#events?.onDrain()
  }

  async #lose(): Promise<void> {
    if (this.#isClosed || this.#isEnding) return
    this.#isEnding = true
    const isEnded = await this.#within(ENDING_MS_MAX, Promise.all([this.#running.exit, this.#complained]))
    const cause = isEnded ? await this.#causeOfExit() : UNEXPECTED_END
    // The owner may have closed it in the meantime, who then knows why.
    if (this.#isClosed) return
    this.close(false)
    this.#events?.onLost(cause)
  }

  async #causeOfExit(): Promise<string> {
    const exit = await this.#running.exit
    const lines = this.#complaint.split('\n').map((line) => line.trim()).filter((line) => line !== '')
    const words = lines.slice(-COMPLAINT_LINES_MAX).join('; ')
    if (exit.code === 0 && words === '') return UNEXPECTED_END
    return `${this.#name} ${describeExit(exit)}${words === '' ? '' : `: ${words}`}`
  }
}

/** `name`: how the program is called in messages. It must not have been read from. */
export function childPipe(name: string, running: RunningProcess, clock: Clock): TokenPipe {
  return new ChildPipe(name, running, clock)
}
