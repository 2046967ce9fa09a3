// What Amanda's server remembers of one disk (`info` below infofile): the last dump of each level, rates and ratios of the newest
// dumps, the order of the operator, the last hundred dumps. Written by stock Amanda and by us. Format: docs/formats/curinfo.md.

import { Fault } from '../../kernel/fault.ts'

/** What the operator has ordered for the next run, as bits that may stand together. */
export const INFO_COMMANDS = { forceFull: 1, forceBump: 2, forceNoBump: 4, forceLevel1: 8 } as const

/** Of the newest dumps, newest first, at most three; a value that is not known is missing. */
export interface InfoRates {
  /** KiB a second. */
  readonly rates: readonly number[]
  /** Stored size for one of the application's. */
  readonly ratios: readonly number[]
}

/** The last dump of one level. */
export interface InfoStats {
  readonly level: number
  readonly sizeKib: number
  readonly storedKib: number
  readonly seconds: number
  /** Seconds since 1970 of the run's timestamp. */
  readonly dateS: number
  /** Where its first part lies; missing until it is on a volume. */
  readonly place?: { readonly fileNumber: number; readonly label: string }
}

export interface InfoDump {
  readonly level: number
  readonly sizeKib: number
  readonly storedKib: number
  readonly dateS: number
  readonly seconds: number
}

export interface DiskInfo {
  /** Bits of INFO_COMMANDS. */
  readonly command: number
  readonly full: InfoRates
  readonly incremental: InfoRates
  /** By level, each at most once. */
  readonly stats: readonly InfoStats[]
  /** Level of the newest dump and how many runs in a row were at it. */
  readonly last?: { readonly level: number; readonly runs: number }
  /** Newest first. */
  readonly history: readonly InfoDump[]
}

/** Rates and ratios that Amanda keeps. */
export const INFO_RATES_MAX = 3
/** Dumps in the history; older ones are dropped. */
export const INFO_HISTORY_MAX = 100
/** Amanda has room for so many levels. */
const LEVELS_MAX = 400

const RATE_LINES = { 'full-rate': ['full', 'rates'], 'full-comp': ['full', 'ratios'], 'incr-rate': ['incremental', 'rates'], 'incr-comp': ['incremental', 'ratios'] } as const

function malformed(lineNumber: number, why: string): Fault {
  return new Fault('wire-malformed', `curinfo line ${lineNumber}: ${why}`)
}

function integers(words: readonly string[], lineNumber: number): number[] {
  return words.map((word) => {
    if (!/^-?\d{1,15}$/.test(word)) throw malformed(lineNumber, `${JSON.stringify(word)} is not a whole number`)
    return Number(word)
  })
}

function level(value: number | undefined, lineNumber: number): number {
  if (value === undefined || value < 0 || value >= LEVELS_MAX) throw malformed(lineNumber, `${value} is not a level`)
  return value
}

/** `level size csize secs date [filenum label]` */
function parseStats(words: readonly string[], lineNumber: number): InfoStats {
  if (words.length !== 5 && words.length !== 7) throw malformed(lineNumber, 'stats have five or seven words')
  const [at, sizeKib = 0, storedKib = 0, seconds = 0, dateS = 0, fileNumber] = integers(words.slice(0, 6), lineNumber)
  const label = words[6]
  return { level: level(at, lineNumber), sizeKib, storedKib, seconds, dateS, ...(label === undefined || fileNumber === undefined ? {} : { place: { fileNumber, label } }) }
}

/** `level size csize date secs`; only level and size must be there. */
function parseHistory(words: readonly string[], lineNumber: number): InfoDump {
  if (words.length < 2 || words.length > 5) throw malformed(lineNumber, 'a line of the history has two to five words')
  const [at, sizeKib = 0, storedKib = 0, dateS = 0, seconds = 0] = integers(words, lineNumber)
  return { level: level(at, lineNumber), sizeKib, storedKib, dateS, seconds }
}

function parseRates(words: readonly string[], lineNumber: number): number[] {
  const values = words.slice(0, INFO_RATES_MAX).map((word) => {
    if (!/^-?\d{1,15}(?:\.\d{1,20})?$/.test(word)) throw malformed(lineNumber, `${JSON.stringify(word)} is not a rate`)
    return Number(word)
  })
  // amadmin writes -1 for what is not known.
  return values.filter((value) => value >= 0)
}

/** Reads up to the line `//`. Throws `wire-malformed` with the line number. */
export function parseInfo(text: string): DiskInfo {
  const rates = { full: { rates: [] as number[], ratios: [] as number[] }, incremental: { rates: [] as number[], ratios: [] as number[] } }
  const stats = new Map<number, InfoStats>()
  const history: InfoDump[] = []
  let command = 0
  let last: DiskInfo['last']
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('//')) break
    if (line.trim() === '') continue
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon))
    const words = line.slice(colon + 1).split(/\s+/).filter((word) => word !== '')
    if (name === 'command') [command = 0] = integers(words.slice(0, 1), index + 1)
    else if (name === 'stats') {
      const one = parseStats(words, index + 1)
      stats.set(one.level, one)
    } else if (name === 'last_level') {
      const [at, runs = 0] = integers(words.slice(0, 2), index + 1)
      if (at !== -1) last = { level: level(at, index + 1), runs }
    } else if (name === 'history') {
      if (history.length < INFO_HISTORY_MAX) history.push(parseHistory(words, index + 1))
    } else if (name in RATE_LINES) {
      const [kind, field] = RATE_LINES[name as keyof typeof RATE_LINES]
      rates[kind][field] = parseRates(words, index + 1)
    } else if (name !== 'version') throw malformed(index + 1, `${JSON.stringify(line.slice(0, 40))} is not known`)
  }
  return { command, ...rates, stats: [...stats.values()].toSorted((a, b) => a.level - b.level), ...(last === undefined ? {} : { last }), history }
}

function rateLine(name: string, values: readonly number[]): string {
  return `${name}:${values.slice(0, INFO_RATES_MAX).map((value) => ` ${value.toFixed(6)}`).join('')}\n`
}

/** The file as Amanda writes it. */
export function formatInfo(info: DiskInfo): string {
  const rates = Object.entries(RATE_LINES).map(([name, [kind, field]]) => rateLine(name, info[kind][field]))
  const stats = info.stats.map(({ level: at, sizeKib, storedKib, seconds, dateS, place }) => `stats: ${at} ${sizeKib} ${storedKib} ${seconds} ${dateS}${place === undefined ? '' : ` ${place.fileNumber} ${place.label}`}\n`)
  const history = info.history.slice(0, INFO_HISTORY_MAX).map((dump) => `history: ${dump.level} ${dump.sizeKib} ${dump.storedKib} ${dump.dateS} ${dump.seconds}\n`)
  return ['version: 0\n', `command: ${info.command}\n`, ...rates, ...stats, `last_level: ${info.last?.level ?? -1} ${info.last?.runs ?? -1}\n`, ...history, '//\n'].join('')
}
