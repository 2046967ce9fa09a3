// What one log of a run says of dumps: parts on volumes, and dumps that were not made. Lines are taken one by one; a line that is not understood says nothing,
// as stock Amanda has it. Only volumes of the tapelist that this run wrote last count: what else is named has been overwritten.
// Format: docs/formats/run-log.md.

import { unquoteString } from '../wire/amanda/quote.ts'
import type { TapelistEntry } from '../wire/amanda/tapelist.ts'
import { NOT_WRITTEN, type FoundDump } from './found-dump.ts'

/** Programs whose failures are rows of their own. */
const FAILING = new Set(['planner', 'driver', 'dumper', 'chunker'])

type Draft = { -readonly [Key in keyof FoundDump]: FoundDump[Key] }

export interface LoggedDumpsFacts {
  /** Timestamp in the name of the log. */
  readonly timestamp: string
  readonly tapelist: ReadonlyMap<string, TapelistEntry>
  /** Storage and pool where nothing names them. */
  readonly storage: string
}

/** A bare word or one with quotes in it. */
const WORD = /[ \t]*((?:[^ \t"\\]|\\.|"(?:[^"\\]|\\.)*")+)/y

/** Walks the words of a line; what is behind the last one is as it was written. */
class LineWords {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  #peek(): { readonly word: string; readonly end: number } | undefined {
    WORD.lastIndex = this.#at
    const word = WORD.exec(this.#text)?.[1]
    return word === undefined ? undefined : { word: unquoteString(word), end: WORD.lastIndex }
  }

  next(): string | undefined {
    const found = this.#peek()
    this.#at = found?.end ?? this.#text.length
    return found?.word
  }

  /** The next word without `prefix`, if it begins so. */
  take(prefix: string): string | undefined {
    const found = this.#peek()
    if (found?.word.startsWith(prefix) !== true) return undefined
    this.#at = found.end
    return found.word.slice(prefix.length)
  }

  rest(): string {
    return this.#text.slice(this.#at).replace(/^[ \t]+/, '')
  }
}

interface Named {
  readonly host: string
  readonly disk: string
  readonly timestamp: string
  readonly level: number
}

function isSame(a: Named, b: Named): boolean {
  return a.host === b.host && a.disk === b.disk && a.timestamp === b.timestamp && a.level === b.level
}

export class LoggedDumps {
  readonly #facts: LoggedDumpsFacts
  readonly #rows: Draft[] = []
  /** Parts of dumps whose end has not been read yet. */
  #open: Draft[] = []
  #volume: { readonly storage: string; readonly pool: string; readonly label: string; readonly isCurrent: boolean } | undefined
  #fileNumber = 0

  constructor(facts: LoggedDumpsFacts) {
    this.#facts = facts
  }

  /** In the order of the log. */
  get rows(): readonly FoundDump[] {
    return this.#rows.filter((row) => row.dumpStatus !== '' || row.status.startsWith('FAILED'))
  }

  add(line: string): void {
    const [, type, program, text = ''] = /^([A-Z]+) ([a-z_0-9]+) (.*)$/s.exec(line) ?? []
    if (type === undefined || program === undefined) return
    const words = new LineWords(text)
    if (program === 'taper') this.#taper(type, words)
    else if (type === 'FAIL' && FAILING.has(program)) this.#failed(program, words)
  }

  #taper(type: string, words: LineWords): void {
    switch (type) {
      case 'START':
        return this.#start(words)
      case 'PART':
      case 'PARTPARTIAL':
        return this.#part(words, type === 'PART' ? 'OK' : 'PARTIAL')
      case 'DONE':
      case 'PARTIAL':
      case 'FAIL':
        return this.#end(type, words)
      case 'SUCCESS':
        return this.#success(words)
      default:
    }
  }

  #isCurrent(label: string): boolean {
    return this.#facts.tapelist.get(label)?.datestamp === this.#facts.timestamp
  }

  #start(words: LineWords): void {
    if (words.next() !== 'datestamp') return
    words.next()
    const storage = words.take('ST:')
    const pool = words.take('POOL:')
    if (words.next() !== 'label') return
    const label = words.next()
    if (label === undefined) return
    const entry = this.#facts.tapelist.get(label)
    this.#volume = { storage: storage ?? entry?.storage ?? this.#facts.storage, pool: pool ?? entry?.pool ?? this.#facts.storage, label, isCurrent: this.#isCurrent(label) }
    this.#fileNumber = 0
  }

  #named(words: LineWords): Omit<Named, 'level'> | undefined {
    const [host, disk, timestamp] = [words.next(), words.next(), words.next()]
    return host === undefined || disk === undefined || timestamp === undefined ? undefined : { host, disk, timestamp }
  }

  #part(words: LineWords, status: string): void {
    const storage = words.take('ST:')
    const pool = words.take('POOL:')
    const label = words.next()
    const fileNumber = Number(words.next())
    const named = this.#named(words)
    const [, number, count] = /^(\d+)\/(-?\d+)$/.exec(words.next() ?? '') ?? []
    const level = Number(words.next())
    if (label === undefined || named === undefined || number === undefined || !Number.isInteger(level) || !Number.isInteger(fileNumber)) return
    this.#fileNumber = fileNumber
    if (!this.#isCurrent(label)) return
    const entry = this.#facts.tapelist.get(label)
    const row: Draft = {
      ...named, level, writeTimestamp: this.#facts.timestamp, storage: storage ?? entry?.storage ?? this.#facts.storage, pool: pool ?? entry?.pool ?? this.#facts.storage,
      label, fileNumber, partNumber: Number(number), partCount: Number(count), status, dumpStatus: '', message: '', ...sizesOf(words.rest()), isOnHolding: false,
    }
    this.#rows.push(row)
    this.#open.push(row)
  }

  #end(type: 'DONE' | 'PARTIAL' | 'FAIL', words: LineWords): void {
    words.take('ST:')
    words.take('POOL:')
    const named = this.#named(words)
    const partCount = type === 'FAIL' ? -1 : Number(words.next())
    const level = Number(words.next())
    if (named === undefined) return
    const parts = this.#open.filter((row) => isSame(row, { ...named, level }))
    this.#open = this.#open.filter((row) => !parts.includes(row))
    const isWhole = type !== 'DONE' || new Set(parts.filter(({ status }) => status === 'OK').map(({ partNumber }) => partNumber)).size === partCount
    for (const row of parts) {
      row.dumpStatus = isWhole ? (type === 'DONE' ? 'OK' : type) : 'FAIL'
      row.message = isWhole ? (type === 'FAIL' ? words.rest() : '') : 'Missing part'
      if (type === 'DONE') row.partCount = partCount
    }
  }

  /** Amanda before 2.6 wrote a dump into one file, and one line about it. */
  #success(words: LineWords): void {
    const named = this.#named(words)
    const level = Number(words.next())
    if (named === undefined || !Number.isInteger(level) || this.#volume === undefined) return
    this.#fileNumber++
    const { storage, pool, label, isCurrent } = this.#volume
    if (!isCurrent) return
    this.#rows.push({ ...named, level, writeTimestamp: this.#facts.timestamp, storage, pool, label, fileNumber: this.#fileNumber, partNumber: 1, partCount: -1, status: 'OK', dumpStatus: 'OK', message: '', ...sizesOf(words.rest()), isOnHolding: false })
  }

  #failed(program: string, words: LineWords): void {
    const named = this.#named(words)
    const level = Number(words.next())
    if (named === undefined || !Number.isInteger(level)) return
    const { storage, pool } = this.#volume ?? { storage: '', pool: '' }
    this.#rows.push({
      ...named, level, writeTimestamp: NOT_WRITTEN, storage, pool, label: '', fileNumber: 0, partNumber: -1, partCount: -1, status: `FAILED (${program}) ${words.rest()}`, dumpStatus: '', message: '', kib: 0, originalKib: 0, isOnHolding: false,
    })
  }
}

/** From `[sec S bytes B kps K orig-kb O]`, or `kb K` in place of the bytes. */
function sizesOf(text: string): { kib: number; originalKib: number } {
  const [, unit, size] = /\[sec \S+ (bytes|kb) (\d+(?:\.\d+)?)/.exec(text) ?? []
  const [, original] = /orig-kb (\d+)/.exec(text) ?? []
  return { kib: size === undefined ? 0 : Math.trunc(unit === 'bytes' ? Number(size) / 1024 : Number(size)), originalKib: Number(original ?? 0) }
}
