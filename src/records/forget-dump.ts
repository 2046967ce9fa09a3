// What becomes of the memory of a disk when a dump on the holding disk is thrown away before it is on a volume: the planner must not build on it. The order for the
// next run is changed so that it makes a dump that stands on what is left. Dates are those of runs, in seconds since 1970.

import { INFO_COMMANDS, type DiskInfo, type InfoStats } from '../wire/amanda/curinfo.ts'

export interface Forgotten {
  readonly info: DiskInfo
  /** It was the newest of its level. */
  readonly isNewest: boolean
  /** The newest dumps of higher levels that stood on it. */
  readonly orphans: readonly InfoStats[]
}

/** Place in the history of the dump of a run: the oldest that is not older than it. −1: there is none. */
function placeOf({ history }: DiskInfo, runS: number): number {
  return history.findLastIndex(({ dateS }) => dateS >= runS)
}

/** Whether nothing builds on a dump any more: its level is higher than that of the newest dump, or newer ones of its level or below have taken its place. */
export function isOutdated(info: DiskInfo, level: number, runS: number): boolean {
  if (level > (info.last?.level ?? -1)) return true
  const place = placeOf(info, runS)
  return info.history[place]?.level === level && info.history.slice(0, place).some((dump) => dump.level <= level)
}

/** Undefined: the memory has no such dump. */
export function forgetDump(info: DiskInfo, level: number, runS: number): Forgotten | undefined {
  const index = placeOf(info, runS)
  const dump = info.history[index]
  if (dump?.level !== level) return undefined
  const history = info.history.filter((_, at) => at !== index)
  const stats = info.stats.find((one) => one.level === level)
  const before = history.findIndex((one) => one.level === level)
  const older = history[before]
  let runs = 0
  while (older !== undefined && history[before + runs]?.level === level) runs++
  if (stats?.dateS !== dump.dateS) return { info: { ...info, ...(info.last?.level === level ? { last: { level, runs } } : {}), history }, isNewest: false, orphans: [] }
  const others = info.stats.filter((one) => one.level !== level)
  const left = older === undefined ? others : [...others, { level, sizeKib: older.sizeKib, storedKib: older.storedKib, seconds: older.seconds, dateS: older.dateS }].toSorted((a, b) => a.level - b.level)
  const command = info.command | (level === 0 ? INFO_COMMANDS.forceFull : INFO_COMMANDS.forceNoBump)
  return { info: { ...info, command, stats: left, last: { level, runs }, history }, isNewest: true, orphans: others.filter((one) => one.level > level && one.dateS >= dump.dateS) }
}
