// How many runs a dump cycle has: as configured, one a day, or as the volumes say.

import type { TapelistEntry } from '../../../wire/amanda/tapelist.ts'
import { daysBetween } from './disk-past.ts'

export interface RunsPerCycleSettings {
  /** 0: one run a day; −1: as the tapelist says. */
  readonly runsPerCycle: number
  readonly dumpCycleDays: number
  readonly runTapes: number
  readonly tapeCycle: number
}

function secondsOf(datestamp: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?$/.exec(datestamp) ?? []
  if (year === undefined) return 0
  return new Date(Number(year), Number(month) - 1, Number(day), Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)).getTime() / 1000
}

/** Volumes of the last dump cycle, or as many as would be in a whole one. At least 1. */
export function runsPerCycleOf(settings: RunsPerCycleSettings, tapelist: readonly TapelistEntry[], nowS: number): number {
  const { runsPerCycle, dumpCycleDays, runTapes, tapeCycle } = settings
  if (runsPerCycle !== -1) return Math.max(1, runsPerCycle === 0 ? dumpCycleDays : runsPerCycle)
  let tapes = 0
  let days = 0
  for (const { datestamp } of tapelist.slice(0, tapeCycle - 1)) {
    days = daysBetween(secondsOf(datestamp), nowS)
    if (days >= dumpCycleDays) break
    tapes++
  }
  if (days < dumpCycleDays) tapes = days === 0 ? dumpCycleDays * runTapes : Math.trunc((tapes * dumpCycleDays) / days)
  else if (tapes === 0) tapes = dumpCycleDays * runTapes
  return Math.max(1, Math.trunc((tapes + runTapes - 1) / runTapes))
}
