// One disk while its run is planned: what its past says, the levels that were asked for, what is chosen. Only the steps of the planner
// change it.

import type { DiskInfo } from '../../../wire/amanda/curinfo.ts'
import type { DleFacts } from './facts.ts'

/** A level and its size; −1 KiB: nobody knows. */
export interface LevelSize {
  readonly level: number
  readonly kib: number
  /** On the volume, after compression. */
  readonly storedKib: number
}

export const NO_LEVEL: LevelSize = { level: -1, kib: -1, storedKib: -1 }

/** What the look at the whole run has made of the choice. */
export type Turn = { readonly kind: 'kept' } | { readonly kind: 'delayed' } | { readonly kind: 'promoted'; readonly days: number }

export interface DlePlan {
  readonly dle: DleFacts
  readonly info: DiskInfo
  priority: number
  /** −1: it begins anew. */
  lastLevel: number
  /** 0 or less: a full dump is due. */
  daysToFull: number
  /** Runs in a row at `lastLevel`. */
  levelDays: number
  /** Levels to be estimated, at most three. */
  asked: readonly number[]
  /** KiB by level; a level that could not be estimated is missing. */
  sizes: ReadonlyMap<number, number>
  /** Levels whose size is a guess. */
  guessed: ReadonlySet<number>
  isFullDue: boolean
  turn: Turn
  chosen: LevelSize
  /** What is done when no volume can be written; of level −1: nothing. */
  degraded: LevelSize
  /** Why there is nothing. */
  degradedMessage: string | undefined
}

export function isForced(plan: DlePlan, command: number): boolean {
  return (plan.info.command & command) !== 0
}
