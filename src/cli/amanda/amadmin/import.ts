// `amadmin import`: reads what `amadmin export` wrote and makes the memory of the disks in it what it says.

import { CurinfoStore } from '../../../records/curinfo-store.ts'
import type { DiskInfo, InfoDump, InfoStats } from '../../../wire/amanda/curinfo.ts'
import { splitWords, unquoteString } from '../../../wire/amanda/quote.ts'
import type { AmadminCall } from './call.ts'

const VERSION = '3.5.1'
/** A record that is longer is none. */
const RECORD_LINES_MAX = 10_000

/** Why reading ends. */
class ImportEnd extends Error {}

const wrong = (): ImportEnd => new ImportEnd('parse error reading import record.')

/** Lines that are not empty and no comment. */
class ImportLines {
  readonly #lines: readonly string[]
  #at = 0

  constructor(text: string) {
    this.#lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  }

  peek(): string | undefined {
    return this.#lines[this.#at]
  }

  next(): string {
    const line = this.#lines[this.#at++]
    if (line === undefined) throw new ImportEnd('short file reading import record.')
    return line
  }

  /** What is behind `name:` in the next line. */
  value(name: string): string {
    const [, found, value = ''] = /^([a-z_-]+):\s*(.*)$/.exec(this.next()) ?? []
    if (found !== name || value === '') throw wrong()
    return value
  }

  integer(name: string): number {
    const [, number] = /^(-?\d{1,15})/.exec(this.value(name)) ?? []
    if (number === undefined) throw wrong()
    return Number(number)
  }

  /** Three numbers; negative ones are not known. */
  rates(name: string): number[] {
    const words = this.value(name).split(/\s+/).slice(0, 3).map(Number)
    if (words.length < 3 || words.some(Number.isNaN)) throw wrong()
    return words.filter((value) => value >= 0)
  }
}

function text(word: string): string {
  try {
    return unquoteString(splitWords(word)[0] ?? '')
  } catch {
    throw wrong()
  }
}

function statsOf(line: string): InfoStats {
  const [, level, size, stored, seconds, date, file, label] = /^stats:\s*(\d{1,3}) (-?\d{1,15}) (-?\d{1,15}) (-?\d{1,15}) (-?\d{1,15})(?: (-?\d{1,9})(?: (\S+))?)?/.exec(line) ?? []
  if (level === undefined) throw wrong()
  return { level: Number(level), sizeKib: Number(size), storedKib: Number(stored), seconds: Number(seconds), dateS: Number(date), ...(label === undefined ? {} : { place: { fileNumber: Number(file), label } }) }
}

interface ImportRecord {
  readonly host: string
  readonly name: string
  readonly info: DiskInfo
}

function readImportRecord(lines: ImportLines): ImportRecord {
  const host = text(lines.value('host'))
  const name = text(lines.value('disk'))
  const command = lines.integer('command')
  const level = lines.integer('last_level')
  const runs = lines.integer('consecutive_runs')
  const full = { rates: lines.rates('full-rate'), ratios: lines.rates('full-comp') }
  const incremental = { rates: lines.rates('incr-rate'), ratios: lines.rates('incr-comp') }
  const stats: InfoStats[] = []
  const history: InfoDump[] = []
  let line = lines.next()
  for (; line.startsWith('stats:') && stats.length < RECORD_LINES_MAX; line = lines.next()) stats.push(statsOf(line))
  for (; history.length < RECORD_LINES_MAX; line = lines.next()) {
    const [, at, size, stored, date] = /^history:\s*(\d{1,3}) (-?\d{1,15}) (-?\d{1,15}) (-?\d{1,15})/.exec(line) ?? []
    if (at === undefined) break
    history.push({ level: Number(at), sizeKib: Number(size), storedKib: Number(stored), dateS: Number(date), seconds: 0 })
  }
  const isEnd = line.startsWith('//')
  // A line of the history that is not understood ends the record all the same; it is the next one that is wrong then.
  if (!isEnd && !line.startsWith('history:')) throw wrong()
  return { host, name, info: { command, full, incremental, stats, ...(level < 0 ? {} : { last: { level, runs } }), history } }
}

function checkHeader(line: string, org: string, err: (text: string) => void): boolean {
  const [, version, given] = /^\S+\s+\S+\s+(\S+)\s+CONF\s+(.*)$/.exec(line) ?? []
  if (version === undefined || given === undefined) {
    err(`amadmin: bad CURINFO header line in input: ${/^CURINFO Version \S/.test(line) ? 'CONF' : 'version'}.\n    Was the input in "amadmin export" format?\n`)
    return false
  }
  if (version !== VERSION) err(`amadmin: WARNING: input is from different version: ${version}\n`)
  if (given !== org) err(`amadmin: WARNING: input is from different org: ${given}\n`)
  return true
}

export async function importInfo({ session, disk, err, input }: AmadminCall): Promise<number> {
  const given = await input()
  const header = given.split('\n')[0] ?? ''
  if (given === '') {
    err('amadmin: empty input.\n')
    return 0
  }
  if (!checkHeader(header, session.org, err)) return 0
  const lines = new ImportLines(given.slice(header.length + 1))
  const store = new CurinfoStore(disk, session.places.infoDir)
  try {
    while (lines.peek() !== undefined) {
      const { host, name, info } = readImportRecord(lines)
      await store.write(host, name, info)
    }
  } catch (error) {
    if (!(error instanceof ImportEnd)) throw error
    err(`amadmin: ${error.message}\n`)
  }
  return 0
}
