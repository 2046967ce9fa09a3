// Sizes without asking the client (`estimate server`): from the dumps of the past at the same point of the cycle, or a guess.

import type { DiskInfo } from '../../../wire/amanda/curinfo.ts'

export interface ServerEstimate {
  readonly kib: number
  /** Nothing in the past speaks for it. */
  readonly isGuess: boolean
}

/** A last size below this is taken for no size, in KiB. */
const LAST_KIB_MIN = 1000
/** Dumps of the past that Amanda keeps of a disk (its NB_HISTORY); older ones count for nothing. */
const HISTORY_MAX = 100
/** Runs before a dump that are told apart; more count as so many (Amanda looks at 30 days, the first is 0). */
const RUNS_BEFORE_MAX = 29
/** Guesses, in KiB; none is more than half a volume. */
const FULL_GUESS_KIB = 1_000_000
const LEVEL_GUESS_KIB = 10_000
const NEXT_LEVEL_GUESS_KIB = 100_000

function mean(sizes: readonly number[]): number | undefined {
  return sizes.length === 0 ? undefined : Math.trunc(sizes.reduce((sum, size) => sum + size, 0) / sizes.length)
}

/** Incrementals of the history, newest first, with the runs before each at the same level and the level of the dump before it. */
function incrementals({ history }: DiskInfo): { readonly kib: number; readonly level: number; readonly runsBefore: number; readonly before: number }[] {
  const found = []
  let runsBefore = 0
  for (let index = Math.min(history.length, HISTORY_MAX) - 1; index >= 0; index--) {
    const dump = history[index]
    const before = index + 1 < HISTORY_MAX ? (history[index + 1]?.level ?? -1) : -1
    if (dump === undefined || dump.level <= 0) continue
    runsBefore = before === dump.level ? Math.min(runsBefore + 1, RUNS_BEFORE_MAX) : 0
    found.unshift({ kib: dump.sizeKib, level: dump.level, runsBefore, before })
  }
  return found
}

function lastSize(info: DiskInfo, level: number): number | undefined {
  const kib = info.stats.find((one) => one.level === level)?.sizeKib ?? 0
  return kib > LAST_KIB_MIN ? kib : undefined
}

function fullSize(info: DiskInfo): number | undefined {
  return info.history.find(({ level }) => level === 0)?.sizeKib ?? lastSize(info, 0)
}

function guess(info: DiskInfo, guessKib: number, tapeKib: number): ServerEstimate {
  const full = fullSize(info)
  return { kib: Math.trunc(Math.min(guessKib, tapeKib / 2, full === undefined ? Infinity : full / 2)), isGuess: true }
}

/** Sizes of incrementals that were as far from the last rise of the level as tonight's will be; of the nearest before it, if there are none. First runs after a rise tell nothing of the next. */
function sizesOfSameRun(info: DiskInfo): number[] {
  const dumps = incrementals(info)
  for (let run = Math.min((info.last?.runs ?? 0) + 1, RUNS_BEFORE_MAX); run > 0; run--) {
    const same = dumps.filter(({ runsBefore }) => runsBefore === run)
    if (same.length > 0) return same.map(({ kib }) => kib)
  }
  return []
}

/** Sizes of the incrementals whose level had just risen. */
function sizesOfFirstRun(info: DiskInfo): number[] {
  return incrementals(info).filter(({ level, before }) => level === before + 1).map(({ kib }) => kib)
}

/** `tapeKib`: of one volume. */
export function estimateOnServer(info: DiskInfo, level: number, tapeKib: number): ServerEstimate {
  // A level that only the volumes tell is not looked up.
  const last = info.last?.level ?? -1
  if (level === 0) {
    const full = fullSize(info)
    return full === undefined ? guess(info, FULL_GUESS_KIB, tapeKib) : { kib: full, isGuess: false }
  }
  // Of other levels nothing is looked up.
  if (level !== last && level !== last + 1) return { kib: Math.trunc(Math.min(NEXT_LEVEL_GUESS_KIB, tapeKib / 2)), isGuess: true }
  const known = mean(level === last ? sizesOfSameRun(info) : sizesOfFirstRun(info)) ?? lastSize(info, level)
  if (known !== undefined) return { kib: known, isGuess: false }
  return guess(info, level === last ? LEVEL_GUESS_KIB : NEXT_LEVEL_GUESS_KIB, tapeKib)
}
