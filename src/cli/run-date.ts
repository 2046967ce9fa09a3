// Dates as people type them (`2026-11-23`, `2026-11-23 22:09`, `yesterday`, `3 d ago`, a run's timestamp) → the run timestamp they end at.

import { runId } from '../catalog/ids.ts'
import type { RunId } from '../catalog/contract.ts'
import { DAY_MS, parseDuration } from '../config/units.ts'
import { Fault } from '../kernel/fault.ts'
import { timestampOf } from '../records/timestamp.ts'

/** In local time. */
export function stampOf(date: Date): string {
  return timestampOf(date.getTime() / 1000)
}

/** The last run that `text` includes: a day means its end. Local time, as the timestamps of runs. Throws `usage-wrong`. */
export function parseRunDate(text: string, nowMs: number): RunId {
  const words = text.trim().toLowerCase()
  if (/^\d{14}$/.test(words)) return runId(words)
  const match = /^(\d{4})-?(\d\d)-?(\d\d)(?:[t\s-](\d\d)[:-]?(\d\d)(?:[:-]?(\d\d))?)?$/.exec(words)
  if (match !== null) {
    const [, year, month, day, hour, minute, second] = match
    const stamp = `${year}${month}${day}${hour ?? '23'}${minute ?? '59'}${second ?? '59'}`
    const date = new Date(Number(year), Number(month) - 1, Number(day), Number(hour ?? 23), Number(minute ?? 59), Number(second ?? 59))
    // A day that does not exist (31 June) would silently become another.
    if (stampOf(date).slice(0, 8) === stamp.slice(0, 8) && Number(hour ?? 0) < 24 && Number(minute ?? 0) < 60) return runId(stamp)
  }
  if (words === 'now' || words === 'latest') return runId(stampOf(new Date(nowMs)))
  if (words === 'yesterday') return runId(`${stampOf(new Date(nowMs - DAY_MS)).slice(0, 8)}235959`)
  const agoMs = words.endsWith(' ago') ? parseDuration(words.slice(0, -4)) : undefined
  if (agoMs !== undefined && agoMs <= nowMs) return runId(stampOf(new Date(nowMs - agoMs)))
  throw new Fault('usage-wrong', `\`${text}\` is not a date`, { next: 'Write `2026-11-23`, `2026-11-23 22:09`, `yesterday`, `3 d ago` or the timestamp of a run.' })
}
