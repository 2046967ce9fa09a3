// What the memory of a disk says to the planner: its last level, when its full dump is due, what a level builds on, rates and ratios.

import type { DiskInfo, InfoStats } from '../../../wire/amanda/curinfo.ts'
import type { DleFacts, TapeFacts } from './facts.ts'

const DAY_S = 86_400

/** A disk nothing is known of. */
export const NO_INFO: DiskInfo = { command: 0, full: { rates: [], ratios: [] }, incremental: { rates: [], ratios: [] }, stats: [], history: [] }

export function statsOf(info: DiskInfo, level: number): InfoStats | undefined {
  return info.stats.find((one) => one.level === level && one.dateS >= 0)
}

/** Days by rounding, so that a run an hour early counts like one in time. */
export function daysBetween(earlierS: number, laterS: number): number {
  return Math.trunc((laterS - earlierS + DAY_S / 2) / DAY_S)
}

/** Days until the full dump is due, 0 or less when it is; a disk without one is overdue since 1970. */
export function daysToFull(dle: DleFacts, info: DiskInfo, nowS: number): number {
  if (dle.strategy === 'nofull' || dle.strategy === 'incronly') return 1
  if (dle.strategy === 'noinc') return 0
  const full = statsOf(info, 0)
  return full === undefined ? -daysBetween(0, nowS) : dle.dumpCycleDays - daysBetween(full.dateS, nowS)
}

/** When the newest dump below `level` was made, in seconds since 1970; 0 without one. */
export function baseDate(info: DiskInfo, level: number): number {
  return Math.max(0, ...info.stats.filter((one) => one.level < level).map(({ dateS }) => dateS))
}

/** Newer values weigh more: 3, 2, 1. */
export function weightedMean(values: readonly number[], otherwise: number): number {
  let sum = 0
  let weights = 0
  for (const [index, value] of values.slice(0, 3).entries()) {
    sum += value * (3 - index)
    weights += 3 - index
  }
  return weights === 0 ? otherwise : sum / weights
}

/** Below this a full dump's size says nothing about shares of it, in KiB. */
const PERCENT_FULL_KIB_MIN = 1024

/** What a level must save before it is raised from `level`, in KiB. */
export function bumpThreshold(level: number, fullKib: number, { kib, percent, multiplier }: DleFacts['bump']): number {
  const first = percent > 0 && fullKib > PERCENT_FULL_KIB_MIN ? (fullKib * percent) / 100 : kib
  return Math.trunc(first * multiplier ** (level - 1))
}

/** Place of the volume that the last dump of `level` begins on, 1 for the newest; undefined when it is on none that is known. */
function tapePlace(info: DiskInfo, level: number, tapes: TapeFacts): number | undefined {
  const label = statsOf(info, level)?.place?.label
  const index = label === undefined ? -1 : tapes.tapelist.findIndex((tape) => tape.label === label)
  return index === -1 ? undefined : index + 1
}

/** Levels that are looked for on volumes. */
const TAPED_LEVELS_MAX = 9

/** Level of the newest dump, −1 without one. When the memory has lost it, the volumes tell. */
export function lastLevel(info: DiskInfo, tapes: TapeFacts | undefined): number {
  if (info.last !== undefined || tapes === undefined) return info.last?.level ?? -1
  let newest: { readonly level: number; readonly place: number } | undefined
  for (let level = 0; level < TAPED_LEVELS_MAX; level++) {
    const place = tapePlace(info, level, tapes)
    if (place !== undefined && (newest === undefined || place < newest.place)) newest = { level, place }
  }
  return newest?.level ?? -1
}

/** Runs in a row that ended at `level`; 0 when the newest dump has another, or the memory has lost them. */
export function runsAt(info: DiskInfo, level: number): number {
  return level === info.last?.level ? info.last.runs : 0
}
