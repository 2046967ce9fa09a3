// What a planner tells a driver on its stdout: the date, what waits to be flushed, and a line for each dump. Stock's driver reads what
// formatScheduledDump writes. Format: docs/formats/schedule.md.

import { Fault } from '../../kernel/fault.ts'
import { quoteString, splitWords, unquoteString } from './quote.ts'

export interface ScheduledLevel {
  readonly level: number
  /** When the dump was made that it builds on, in seconds since 1970; 0 for a full one. */
  readonly sinceS: number
  readonly sizeKib: number
  readonly storedKib: number
  readonly seconds: number
  /** KiB a second. */
  readonly rateKib: number
}

export interface ScheduledDumpLine extends ScheduledLevel {
  readonly host: string
  /** The client's feature set in its text form. */
  readonly features: string
  readonly disk: string
  readonly datestamp: string
  readonly priority: number
  /** What is done when no volume can be written, or why there is nothing. */
  readonly degraded: ScheduledLevel | { readonly message: string }
}

function sinceWord(dateS: number): string {
  const date = new Date(dateS * 1000)
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].join(':')
}

function levelWords({ level, sinceS, sizeKib, storedKib, seconds, rateKib }: ScheduledLevel): string {
  return [level, sinceWord(sinceS), sizeKib, storedKib, seconds, rateKib].join(' ')
}

/** The line without its newline. */
export function formatScheduledDump(dump: ScheduledDumpLine): string {
  const { host, features, disk, datestamp, priority, degraded } = dump
  return ['DUMP', host, features, quoteString(disk), datestamp, priority, levelWords(dump), 'message' in degraded ? quoteString(degraded.message) : levelWords(degraded)].join(' ')
}

function parseSince(word: string): number {
  const match = /^(\d{4}):(\d{1,2}):(\d{1,2}):(\d{1,2}):(\d{1,2}):(\d{1,2})$/.exec(word)
  const [year = NaN, month = NaN, ...rest] = (match ?? []).slice(1).map(Number)
  const [day, hour, minute, second] = rest
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  if (Number.isNaN(ms)) throw new Fault('wire-malformed', `schedule: ${JSON.stringify(word)} is not a date`)
  return ms / 1000
}

const LEVEL_WORDS = 6

function parseLevel(words: readonly string[]): ScheduledLevel {
  const [level = NaN, , sizeKib = NaN, storedKib = NaN, seconds = NaN, rateKib = NaN] = words.map(Number)
  if (words.length !== LEVEL_WORDS || ![level, sizeKib, storedKib, seconds, rateKib].every((value) => Number.isSafeInteger(value))) throw new Fault('wire-malformed', `schedule: ${JSON.stringify(words.join(' '))} is not a level with its sizes`)
  return { level, sinceS: parseSince(words[1] ?? ''), sizeKib, storedKib, seconds, rateKib }
}

/** A line that begins with `DUMP`. Throws `wire-malformed`. */
export function parseScheduledDump(line: string): ScheduledDumpLine {
  const words = splitWords(line)
  const [verb, host, features, disk, datestamp, priority, ...rest] = words
  const tail = rest.slice(LEVEL_WORDS)
  if (verb !== 'DUMP' || host === undefined || features === undefined || disk === undefined || datestamp === undefined || !/^-?\d{1,9}$/.test(priority ?? '') || tail.length === 0) {
    throw new Fault('wire-malformed', `schedule: ${JSON.stringify(line.slice(0, 80))} is not a dump`)
  }
  const degraded = tail.length === 1 ? { message: unquoteString(tail[0] ?? '') } : parseLevel(tail)
  return { host, features, disk: unquoteString(disk), datestamp, priority: Number(priority), ...parseLevel(rest.slice(0, LEVEL_WORDS)), degraded }
}
