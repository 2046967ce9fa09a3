// The ids of runs: the local date and time, but never one that was given before and never one that sorts before it, whatever the clock does.
// In the hour that a time zone has twice, and after a clock was set back, ids run ahead of the clock. Pure.

import type { RunId } from '../../catalog/contract.ts'
import { runId } from '../../catalog/ids.ts'
import { timestampOf } from '../../records/timestamp.ts'

/** In local time. */
function localDigits(wallMs: number): string {
  return timestampOf(wallMs / 1000)
}

/** The digits as if they were UTC, which has no hour twice, so that they can be compared and counted up. */
function countOf(digits: string): number {
  const part = (from: number, to: number): number => Number(digits.slice(from, to))
  return Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14))
}

export class RunIds {
  readonly #digitsOf: (wallMs: number) => string
  #last = Number.NEGATIVE_INFINITY

  constructor(digitsOf: (wallMs: number) => string = localDigits) {
    this.#digitsOf = digitsOf
  }

  /** A run of an earlier life of the server. */
  note(id: RunId): void {
    this.#last = Math.max(this.#last, countOf(id))
  }

  next(wallMs: number): RunId {
    this.#last = Math.max(countOf(this.#digitsOf(wallMs)), this.#last + 1000)
    return runId(new Date(this.#last).toISOString().replace(/\D/g, '').slice(0, 14))
  }
}
