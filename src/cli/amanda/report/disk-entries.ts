// The entries of a trace log that are about one disk: what planner and driver say of it, and what dumper, chunker and taper did with it. A program that speaks again of a
// dump of which it has spoken begins a new try.

import { unquoteString } from '../../../wire/amanda/quote.ts'
import type { RunLogType } from '../../../wire/amanda/run-log.ts'
import type { ChunkerFacts, DiskFacts, DumpFacts, DumperFacts, LoggedStats, LogProgram, TapeFacts, TaperFacts, TryFacts } from './log-facts.ts'

export interface DiskEntry {
  readonly type: RunLogType
  readonly program: LogProgram
  readonly text: string
  /** Its lines after the first, without their indent. */
  readonly tail: readonly string[]
}

/** Where entries are gathered. */
interface Gathered {
  readonly datestamp: string
  disk(host: string, disk: string): DiskFacts
  /** A failure of a disk that nobody has named is not kept. */
  knows(host: string, disk: string): boolean
  noteUnplanned(): void
  dump(host: string, disk: string, datestamp: string): DumpFacts
  tape(label: string, storage: string): TapeFacts
}

/** Returns false for an entry that is not understood. */
type Read = (gathered: Gathered, entry: DiskEntry) => boolean

interface Fields {
  readonly words: readonly string[]
  /** The text behind the words, from the first bracket or as many words as were asked for. */
  readonly rest: string
}

/** A word, with its quoted pieces; a quote without an end is a character like any other. */
const WORD = /\s*((?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*"|["\\])+)/y

/** The first `count` words, and what follows them. */
function fieldsOf(text: string, count: number): Fields {
  const words: string[] = []
  let at = 0
  while (words.length < count) {
    WORD.lastIndex = at
    const [, word] = WORD.exec(text) ?? []
    if (word === undefined) break
    words.push(unquoteString(word))
    at = WORD.lastIndex
  }
  return { words, rest: text.slice(at).trimStart() }
}

/** The sums of `[sec S kb K kps R orig-kb O]`; `bytes` may stand in the place of `kb`. */
export function statsOf(text: string): LoggedStats {
  const match = /\[sec (\S+) (kb|bytes) (\S+) kps (\S+?)(?: orig-kb (\S+?))?\]/.exec(text)
  if (match === null) return {}
  const [, seconds, unit, size, rate, original] = match
  const amount = Number(size)
  return { seconds: Number(seconds), ...(seconds === undefined ? {} : { secondsText: seconds }), ...(rate === undefined ? {} : { rateText: rate }), kib: unit === 'bytes' ? Math.floor(amount / 1024) : amount, kibPerSecond: Number(rate), ...(original === undefined ? {} : { originalKib: Number(original) }) }
}

/** A reason without the bracket or the quotes that it is written in: `[text]`, `"text"`, `"[text]"`, `["text"]`. */
export function reasonOf(text: string): string {
  const trimmed = text.trim()
  const [, bracketed] = /^\[(.*)\]$/s.exec(trimmed) ?? []
  const inner = bracketed ?? trimmed
  if (!/^".*"$/s.test(inner)) return inner
  const bare = unquoteString(inner)
  const [, nested] = bracketed === undefined ? (/^\[(.*)\]$/s.exec(bare) ?? []) : []
  return nested ?? bare
}

/** The try that an entry of `program` belongs to. */
function tryFor(dump: DumpFacts, isTaken: (last: TryFacts) => boolean): TryFacts {
  const last = dump.tries.at(-1)
  if (last !== undefined && !isTaken(last)) return last
  const made: TryFacts = {}
  dump.tries.push(made)
  return made
}

const dumperTry = (dump: DumpFacts): TryFacts => tryFor(dump, ({ dumper }) => dumper !== undefined && dumper.status !== 'retry')
const chunkerTry = (dump: DumpFacts): TryFacts => tryFor(dump, ({ chunker }) => chunker !== undefined && chunker.status !== 'partial')
const taperTry = (dump: DumpFacts): TryFacts => tryFor(dump, ({ taper, chunker }) => taper?.status !== undefined || chunker?.status === 'fail')

function dumperEntry(status: DumperFacts['status']): Read {
  return (gathered, { text, tail }) => {
    // STRANGE lines are of this run and do not say its datestamp.
    const isDated = status !== 'strange'
    const { words, rest } = fieldsOf(text, isDated ? 4 : 3)
    const [host = '', disk = '', ...more] = words
    const [datestamp, level] = isDated ? more : [gathered.datestamp, more[0]]
    if (status === 'fail' && !gathered.knows(host, disk)) return true
    const outcome = status === 'fail' ? { error: reasonOf(rest) } : statsOf(rest)
    dumperTry(gathered.dump(host, disk, datestamp ?? '')).dumper = { status, level: Number(level ?? 0), ...outcome, lines: [...tail] }
    return true
  }
}

const retryEntry: Read = (gathered, { text }) => {
  const { words } = fieldsOf(text, 10)
  const [host = '', disk = '', datestamp = '', level, , , , retryLevel, , message = ''] = words
  const attempt = dumperTry(gathered.dump(host, disk, datestamp))
  attempt.dumper = { status: 'retry', level: Number(level ?? 0), lines: [] }
  attempt.retry = { level: Number(retryLevel ?? 0), message }
  return true
}

function chunkerEntry(status: ChunkerFacts['status']): Read {
  return (gathered, { text }) => {
    const { words, rest } = fieldsOf(text, 4)
    const [host = '', disk = '', datestamp = '', level] = words
    if (status === 'fail' && !gathered.knows(host, disk)) return true
    const outcome = status === 'fail' ? { error: reasonOf(rest) } : statsOf(rest)
    chunkerTry(gathered.dump(host, disk, datestamp)).chunker = { status, level: Number(level ?? 0), ...outcome }
    return true
  }
}

/** The words of a taper's line without those of storage and pool, which old logs do not have. */
function tapedWords(text: string, count: number): { readonly storage: string; readonly fields: Fields } {
  const { words, rest } = fieldsOf(text, 2)
  const [storage] = words
  return storage?.startsWith('ST:') === true ? { storage: storage.slice('ST:'.length), fields: fieldsOf(rest, count) } : { storage: '', fields: fieldsOf(text, count) }
}

function taperOf(attempt: TryFacts, storage: string): TaperFacts {
  attempt.taper ??= { storage, parts: [], stats: {} }
  attempt.taper.storage = storage
  return attempt.taper
}

const partEntry: Read = (gathered, { text }) => {
  const { storage, fields } = tapedWords(text, 7)
  const [label = '', , host = '', disk = '', datestamp = '', , level] = fields.words
  const stats = statsOf(fields.rest)
  const taper = taperOf(taperTry(gathered.dump(host, disk, datestamp)), storage)
  if (level !== undefined) taper.level = Number(level)
  taper.parts.push({ label, ...stats })
  taper.stats = { ...taper.stats, ...(stats.originalKib === undefined ? {} : { originalKib: stats.originalKib }) }
  const tape = gathered.tape(label, storage)
  tape.kib += stats.kib ?? 0
  tape.seconds += stats.seconds ?? 0
  tape.partCount++
  if (taper.parts.length === 1) tape.dumpCount++
  return true
}

function tapedEntry(status: 'done' | 'partial'): Read {
  return (gathered, { text }) => {
    const { storage, fields } = tapedWords(text, 5)
    const [host = '', disk = '', datestamp = '', , level] = fields.words
    const taper = taperOf(taperTry(gathered.dump(host, disk, datestamp)), storage)
    const { originalKib, ...stats } = statsOf(fields.rest)
    taper.status = status
    taper.level = Number(level ?? 0)
    taper.stats = { ...taper.stats, ...stats, ...(originalKib === undefined || (taper.stats.originalKib ?? 0) > 0 ? {} : { originalKib }) }
    if (status === 'partial') taper.error = reasonOf(fields.rest.replace(/^.*?\[sec[^\]]*\]/s, ''))
    return true
  }
}

const tapeFailEntry: Read = (gathered, { text }) => {
  const { storage, fields } = tapedWords(text, 5)
  const [host = '', disk = '', datestamp = '', level, from] = fields.words
  if (!gathered.knows(host, disk)) return true
  const taper = taperOf(taperTry(gathered.dump(host, disk, datestamp)), storage)
  taper.status = 'fail'
  taper.level = Number(level ?? 0)
  taper.failureFrom = from ?? ''
  taper.error = reasonOf(fields.rest)
  return true
}

function failedDisk(who: 'plannerFailure' | 'driverFailure'): Read {
  return (gathered, { text }) => {
    const { words, rest } = fieldsOf(text, 4)
    const [host = '', disk = '', , level] = words
    gathered.noteUnplanned()
    if (!gathered.knows(host, disk)) return true
    gathered.disk(host, disk)[who] = { level: Number(level ?? 0), error: reasonOf(rest) }
    return true
  }
}

const skippedDisk: Read = (gathered, { text }) => {
  const [host = '', disk = ''] = fieldsOf(text, 2).words
  gathered.disk(host, disk).isSkipped = true
  return true
}

/** Driver's other STATS are read where programs are. */
const estimatedDisk: Read = (gathered, { text }) => {
  if (!text.startsWith('estimate ')) return true
  const { words, rest } = fieldsOf(text, 5)
  const [, host = '', disk = '', , level] = words
  const [, kib] = /\bckb (\d+)/.exec(rest) ?? []
  if (kib !== undefined && gathered.knows(host, disk)) gathered.disk(host, disk).estimate = { level: Number(level ?? 0), kib: Number(kib) }
  return true
}

const announcedDisk: Read = (gathered, { text, program }) => {
  const [host, disk] = fieldsOf(text, 2).words
  if (host === undefined || disk === undefined) return false
  gathered.disk(host, disk).announcedBy = program
  return true
}

/** By type and program. */
export const DISK_READERS: Readonly<Record<string, Read>> = {
  'STATS driver': estimatedDisk,
  'DISK planner': announcedDisk,
  'DISK amflush': announcedDisk,
  'DISK amvault': announcedDisk,
  'SUCCESS planner': skippedDisk,
  'FAIL planner': failedDisk('plannerFailure'),
  'FAIL driver': failedDisk('driverFailure'),
  'SUCCESS dumper': dumperEntry('success'),
  'STRANGE dumper': dumperEntry('strange'),
  'FAIL dumper': dumperEntry('fail'),
  'RETRY dumper': retryEntry,
  'SUCCESS chunker': chunkerEntry('success'),
  'PARTIAL chunker': chunkerEntry('partial'),
  'FAIL chunker': chunkerEntry('fail'),
  'PART taper': partEntry,
  'PARTPARTIAL taper': partEntry,
  'DONE taper': tapedEntry('done'),
  'PARTIAL taper': tapedEntry('partial'),
  'FAIL taper': tapeFailEntry,
}
