// The loop under a world whose production code waits on promises. Between two events it lets every promise that is ready go on, by waiting
// for one turn of the real event loop, so that code which knows only Clock, Disk and streams runs unchanged and always in the same
// order. Processes are lives: a life that ended never hears of anything again, as after kill -9.

import type { Clock } from '../src/kernel/clock.ts'
import { seededRandom, type Random } from '../src/kernel/random.ts'
import { InvariantFailure, fail } from './world.ts'
import { VirtualTime } from './virtual-time.ts'

const TRACE_LINES = 60
/** Wall time at the start of every world: 2026-11-24 02:00:00 UTC. */
const WALL_START_MS = Date.UTC(2026, 10, 24, 2)

export class Scheduler {
  readonly time = new VirtualTime()
  readonly random: Random
  readonly faults: Record<string, number> = {}
  readonly states = new Map<string, number>()
  /** What the wall clock is off by. */
  wallOffsetMs = 0
  steps = 0
  #trace: string[] = []
  /** Runs after every event; throws InvariantFailure. */
  check: () => void = () => {}

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  get trace(): readonly string[] {
    return this.#trace.slice(-TRACE_LINES)
  }

  note(text: string): void {
    this.#trace.push(`${this.time.nowMs.toFixed(1).padStart(12)} ${text}`)
    if (this.#trace.length > 4 * TRACE_LINES) this.#trace = this.#trace.slice(-TRACE_LINES)
  }

  fault(kind: string, detail = ''): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1
    this.note(`fault: ${kind} ${detail}`)
  }

  state(name: string): void {
    this.states.set(name, (this.states.get(name) ?? 0) + 1)
  }

  /** One in `count`. */
  chance(count: number): boolean {
    return this.random.int(count) === 0
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.random.int(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  /** Plays until `isDone`. Fails when nothing is left to happen or virtual time passes `limitMs`. */
  async until(what: string, limitMs: number, isDone: () => boolean): Promise<void> {
    for (;;) {
      await turn()
      if (isDone()) return
      if (this.time.nextMs === Number.POSITIVE_INFINITY) fail(`nothing is left to happen, and still not: ${what}`)
      if (this.time.nextMs > limitMs) fail(`no progress: ${what} did not come by ${Math.round(limitMs)} ms`)
      this.steps += 1
      this.time.runNext()
      this.check()
    }
  }

  /** Plays until `work` has settled, and gives its result. */
  async complete<T>(what: string, limitMs: number, work: Promise<T>): Promise<T> {
    let isSettled = false
    const settle = (): void => void (isSettled = true)
    work.then(settle, settle)
    await this.until(what, this.time.nowMs + limitMs, () => isSettled)
    return work
  }
}

/** One turn of the real event loop: all promises and ticks that are ready have run when it resolves. It takes no time that a world sees. */
function turn(): Promise<void> {
  // oxlint-disable-next-line eslint/no-restricted-globals -- the one place where the simulator touches the real event loop
  return new Promise((resolve) => void setImmediate(resolve))
}

/** One process from its start to its end. */
export class Life {
  readonly clock: Clock
  readonly name: string
  readonly #scheduler: Scheduler
  #isAlive = true
  readonly #endings = new Set<(isPowerCut: boolean) => void>()

  constructor(scheduler: Scheduler, name: string) {
    this.#scheduler = scheduler
    this.name = name
    const { time } = scheduler
    this.clock = {
      monotonicMs: () => time.nowMs,
      wallMs: () => WALL_START_MS + time.nowMs + scheduler.wallOffsetMs,
      setTimer: (delayMs, action) => {
        let isCancelled = false
        this.later(delayMs, () => {
          if (!isCancelled) action()
        })
        return { cancel: () => void (isCancelled = true) }
      },
      afterPoll: (action) => this.later(0, action),
    }
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  later(delayMs: number, action: () => void): void {
    const { time } = this.#scheduler
    time.at(time.nowMs + Math.max(0, delayMs), () => {
      if (this.#isAlive) action()
    })
  }

  /** Told when the process ends: its sockets and open files go. */
  onEnd(ending: (isPowerCut: boolean) => void): void {
    this.#endings.add(ending)
  }

  /** Ends the process between two instructions. What it waits for never comes. */
  end(isPowerCut = false): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    for (const ending of this.#endings) ending(isPowerCut)
    this.#endings.clear()
  }
}

/** The text of whatever stopped a run. Invariants speak for themselves; everything else comes with its stack. */
export function describeStop(error: unknown): string {
  if (error instanceof InvariantFailure) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
