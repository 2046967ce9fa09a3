// The memory of a disk as `amadmin` rewrites it when it gives an order: word for word what stood there, in a fixed order of lines, with `-1` for every rate and ratio
// that is not known. The planner's own form is that of curinfo.ts; each reads both. Format: docs/formats/curinfo.md.

import { Fault } from '../../kernel/fault.ts'

const RATE_NAMES = ['full-rate', 'full-comp', 'incr-rate', 'incr-comp'] as const
type RateName = (typeof RATE_NAMES)[number]

export interface InfoWords {
  /** Bits of INFO_COMMANDS. */
  readonly command: number
  readonly rates: Readonly<Record<RateName, readonly string[]>>
  /** What is behind the colon, a line each. */
  readonly stats: readonly string[]
  readonly lastLevel: string
  readonly history: readonly string[]
}

const RATES = 3
const LINES_MAX = 10_000

export const NO_INFO: InfoWords = { command: 0, rates: { 'full-rate': [], 'full-comp': [], 'incr-rate': [], 'incr-comp': [] }, stats: [], lastLevel: '-1 -1', history: [] }

function isRateName(name: string): name is RateName {
  return (RATE_NAMES as readonly string[]).includes(name)
}

/** Reads up to the line `//`. Throws `wire-malformed` with the line number. */
export function parseInfoWords(text: string): InfoWords {
  const rates: Record<RateName, readonly string[]> = { ...NO_INFO.rates }
  const stats: string[] = []
  const history: string[] = []
  let [command, lastLevel] = [0, NO_INFO.lastLevel]
  for (const [index, line] of text.split('\n', LINES_MAX).entries()) {
    if (line.startsWith('//')) break
    if (line.trim() === '') continue
    const [, name = '', rest = ''] = /^([a-z_-]+):\s*(.*?)\s*$/.exec(line) ?? []
    const fault = (why: string): Fault => new Fault('wire-malformed', `curinfo line ${index + 1}: ${why}`)
    if (name === 'command') {
      if (!/^\d{1,9}$/.test(rest)) throw fault(`${JSON.stringify(rest)} is not a whole number`)
      command = Number(rest)
    } else if (isRateName(name)) rates[name] = rest === '' ? [] : rest.split(/\s+/).slice(0, RATES)
    else if (name === 'stats') stats.push(rest)
    else if (name === 'last_level') lastLevel = rest
    else if (name === 'history') history.push(rest)
    else if (name !== 'version') throw fault(`${JSON.stringify(line.slice(0, 40))} is not known`)
  }
  return { command, rates, stats, lastLevel, history }
}

/** A dump that is on no volume has two empty words where file and label would be. */
export function formatInfoWords({ command, rates, stats, lastLevel, history }: InfoWords): string {
  const rateLines = RATE_NAMES.map((name) => `${name}: ${Array.from({ length: RATES }, (_, index) => rates[name][index] ?? '-1').join(' ')}\n`)
  return ['version: 0\n', `command: ${command}\n`, ...rateLines, ...stats.map((words) => `stats: ${/^(?:\S+ ){4}\S+$/.test(words) ? `${words}  ` : words}\n`), `last_level: ${lastLevel}\n`, ...history.map((words) => `history: ${words}\n`), '//\n'].join('')
}
