// What is learned about the path to one peer: some firewalls and balancers forget a flow that was idle for less than our heartbeat.
// It outlives links and sessions.
//
//   state     what happens                                               next state   heartbeat
//   plain     IDLE_DEATHS_TO_LEARN lost links in a row at about one age  learned      LEARNED_SHARE of the smallest age
//   plain     any other lost link                                        plain        default
//   learned   LEARNED_DECAY_MS without an idle death                     learned      a quarter longer; plain again at the default
//   learned   an idle death after it was relaxed                         learned      what was learned first, at once
//   learned   as often an idle death at a younger age                    learned      LEARNED_SHARE of that age

import { HEARTBEAT_MS_MIN, IDLE_AGE_TOLERANCE, IDLE_DEATHS_TO_LEARN, IDLE_DEATH_MS_MIN, LEARNED_DECAY_MS, LEARNED_SHARE } from './limits.ts'
import type { LinkTold } from './session-types.ts'

const TIMER_SLACK_MS = 500

export class PathLearning {
  readonly #defaultMs: number
  #heartbeatMs: number
  /** The heartbeat at the last time of learning; undefined: never. */
  #learnedMs: number | undefined
  /** When the learned value last changed or proved needed. */
  #sinceMs = 0
  #ages: number[] = []

  constructor(defaultMs: number) {
    this.#defaultMs = defaultMs
    this.#heartbeatMs = defaultMs
  }

  get heartbeatMs(): number {
    return this.#heartbeatMs
  }

  /** A link was lost without a word after it had been idle for `ageMs`. Tells what was learned from it. */
  noteLoss(ageMs: number, nowMs: number): LinkTold | undefined {
    if (ageMs < IDLE_DEATH_MS_MIN || ageMs > this.#heartbeatMs * (1 + IDLE_AGE_TOLERANCE) + TIMER_SLACK_MS) return undefined
    if (this.#learnedMs !== undefined && this.#heartbeatMs > this.#learnedMs) return this.#learn(this.#learnedMs, ageMs, nowMs)
    this.#ages = [...this.#ages, ageMs].slice(-IDLE_DEATHS_TO_LEARN)
    const largest = Math.max(...this.#ages)
    const smallest = Math.min(...this.#ages)
    if (this.#ages.length < IDLE_DEATHS_TO_LEARN || largest - smallest > largest * IDLE_AGE_TOLERANCE + TIMER_SLACK_MS) return undefined
    const shrunk = Math.max(HEARTBEAT_MS_MIN, Math.floor(smallest * LEARNED_SHARE))
    return shrunk < this.#heartbeatMs ? this.#learn(shrunk, smallest, nowMs) : undefined
  }

  /** Lets a learned heartbeat grow back when its time has come. */
  relax(nowMs: number): LinkTold | undefined {
    if (this.#heartbeatMs >= this.#defaultMs || nowMs - this.#sinceMs < LEARNED_DECAY_MS) return undefined
    this.#heartbeatMs = Math.min(this.#defaultMs, Math.ceil(this.#heartbeatMs * 1.25))
    this.#sinceMs = nowMs
    return { kind: 'path-relaxed', heartbeatMs: this.#heartbeatMs }
  }

  #learn(heartbeatMs: number, fatalIdleMs: number, nowMs: number): LinkTold {
    this.#heartbeatMs = heartbeatMs
    this.#learnedMs = heartbeatMs
    this.#sinceMs = nowMs
    this.#ages = []
    return { kind: 'path-learned', heartbeatMs, fatalIdleMs: Math.round(fatalIdleMs) }
  }
}
