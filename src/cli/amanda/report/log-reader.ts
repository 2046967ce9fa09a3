// Reads a trace log entry by entry into LogFacts. It takes logs of every age (before 3.4 they name no storage) and of crashed runs: a line that says nothing known is
// counted and passed over. Names and numbers are kept as they are written; only disks, tries and volumes are put together. Format: docs/formats/run-log.md.

import { unquoteString } from '../../../wire/amanda/quote.ts'
import { RUN_LOG_TYPES, type RunLogType } from '../../../wire/amanda/run-log.ts'
import { DISK_READERS, type DiskEntry } from './disk-entries.ts'
import { LOG_PROGRAMS, type DiskFacts, type DumpFacts, type LogFacts, type LogProgram, type ProgramFacts, type TapeFacts } from './log-facts.ts'

/** Programs whose logs are of something else than dumps. */
const OTHER_KINDS: Readonly<Record<string, string>> = { amcheckdump: 'checkdump', amfetchdump: 'fetchdump' }
const WARNERS: ReadonlySet<LogProgram> = new Set(['planner', 'driver', 'dumper', 'taper'])
/** What driver says when its taper is of no more use. */
const TAPER_BROKE = 'Taper protocol error'
const NEVER_FATAL: ReadonlySet<LogProgram> = new Set(['amflush', 'amreport', 'amtrmidx', 'amtrmlog'])

/** Processes that began and ended: of interest to amcleanup, not to a reader of the report. What was lost with one is said in another line. */
function isOfProcesses(text: string): boolean {
  return /^(?:\S+ )?pid(?:-done)? \d+\s*$/.test(text) || /^\S+ pid \d+ (?:is messed up, ignoring it\.|exited with (?:signal|code) \d+)$/.test(text)
}

export class LogReader {
  readonly #programs = new Map<LogProgram, ProgramFacts>()
  readonly #disks = new Map<string, DiskFacts>()
  readonly #tapes = new Map<string, TapeFacts>()
  #hostname: string | undefined
  #runnerState: LogFacts['runnerState']
  #datestamp = ''
  #tapeError: LogFacts['tapeError']
  #strangerCount = 0
  #hasTaperBroken = false
  #hasUnplanned = false
  #otherKind: string | undefined

  /** Takes a whole log. */
  static read(text: string): LogFacts {
    const reader = new LogReader()
    let head: string | undefined
    let tail: string[] = []
    for (const line of text.split('\n')) {
      if (line.startsWith('  ')) {
        tail.push(line.slice(2))
        continue
      }
      if (head !== undefined) reader.#add(head, tail)
      head = line === '' ? undefined : line
      tail = []
    }
    if (head !== undefined) reader.#add(head, tail)
    return reader.#facts()
  }

  #facts(): LogFacts {
    return { programs: this.#programs, disks: [...this.#disks.values()], tapes: [...this.#tapes.values()], hostname: this.#hostname, runnerState: this.#runnerState, datestamp: this.#datestamp, tapeError: this.#tapeError, strangerCount: this.#strangerCount, otherKind: this.#otherKind, hasTaperBroken: this.#hasTaperBroken, hasUnplanned: this.#hasUnplanned }
  }

  #add(line: string, tail: readonly string[]): void {
    const [, typeWord = '', programWord = '', text = ''] = /^(\S+)\s*(\S*)\s?(.*)$/s.exec(line) ?? []
    const type = RUN_LOG_TYPES.find((known) => known === typeWord)
    const program = LOG_PROGRAMS.find((known) => known === programWord)
    const kind = OTHER_KINDS[programWord]
    if (kind !== undefined) this.#otherKind ??= kind
    if (type === undefined || program === undefined || !this.#take(type, program, text, tail)) this.#strangerCount++
  }

  program(name: LogProgram): ProgramFacts {
    const known = this.#programs.get(name)
    if (known !== undefined) return known
    const made: ProgramFacts = { fatal: [], errors: [], notes: [], isFinished: false }
    this.#programs.set(name, made)
    return made
  }

  disk(host: string, disk: string): DiskFacts {
    const key = `${host}\0${disk}`
    const known = this.#disks.get(key)
    if (known !== undefined) return known
    const made: DiskFacts = { host, disk, dumps: [], isSkipped: false }
    this.#disks.set(key, made)
    return made
  }

  knows(host: string, disk: string): boolean {
    return this.#disks.has(`${host}\0${disk}`)
  }

  noteUnplanned(): void {
    this.#hasUnplanned = true
  }

  dump(host: string, disk: string, datestamp: string): DumpFacts {
    const { dumps } = this.disk(host, disk)
    const known = dumps.find((dump) => dump.datestamp === datestamp)
    if (known !== undefined) return known
    const made: DumpFacts = { datestamp, tries: [] }
    dumps.push(made)
    return made
  }

  tape(label: string, storage: string): TapeFacts {
    const known = this.#tapes.get(label)
    if (known !== undefined) return known
    const made: TapeFacts = { label, storage, seconds: 0, kib: 0, dumpCount: 0, partCount: 0 }
    this.#tapes.set(label, made)
    return made
  }

  get datestamp(): string {
    return this.#datestamp
  }

  /** Whether the entry says something known. */
  #take(type: RunLogType, name: LogProgram, text: string, tail: readonly string[]): boolean {
    const program = this.program(name)
    switch (type) {
      case 'FATAL':
        if (NEVER_FATAL.has(name)) return false
        program.fatal.push(text)
        return true
      case 'ERROR':
        return this.#error(name, text)
      case 'WARNING':
        if (!WARNERS.has(name)) return false
        if (!isOfProcesses(text)) program.notes.push(text)
        if (name === 'driver' && text === TAPER_BROKE) this.#hasTaperBroken = true
        return true
      case 'INFO':
        this.#runner(name, text)
        if (!isOfProcesses(text)) program.notes.push(text)
        return true
      case 'START':
        return this.#start(name, text)
      case 'FINISH': {
        program.isFinished = true
        const [, seconds] = /\btime (\S+)/.exec(text) ?? []
        program.seconds = Number(seconds ?? 0)
        return true
      }
      default:
        return this.#disk({ type, program: name, text, tail })
    }
  }

  #runner(name: LogProgram, text: string): void {
    if (name !== 'amdump' && name !== 'amflush' && name !== 'amvault') return
    const [, done] = /^(?:\S+ )?pid(-done)? \d+\s*$/.exec(text) ?? []
    if (done !== undefined) this.#runnerState = 'done'
    else if (/^\S+ pid \d+\s*$/.test(text)) this.#runnerState ??= 'aborted'
  }

  #error(name: LogProgram, text: string): boolean {
    if (name === 'amflush') return false
    const [, from, message] = name === 'taper' ? (/^no-tape (\S+) (.*)$/s.exec(text) ?? []) : []
    if (from === undefined || message === undefined) this.program(name).errors.push(text)
    else this.#tapeError = { from, message: unquoteString(message) }
    return true
  }

  #start(name: LogProgram, text: string): boolean {
    if (name === 'taper') {
      const [, datestamp, storage = '', label] = /^datestamp (\S+) (?:"?ST:([^" ]*)"? )?(?:"?POOL:[^" ]*"? )?label (\S+) tape \d+/.exec(text) ?? []
      if (datestamp === undefined || label === undefined) return false
      const tape = this.tape(label, storage)
      tape.datestamp = datestamp
      tape.storage = storage
      if (this.#datestamp === '') this.#datestamp = datestamp
      return true
    }
    const [, datestamp] = /^date (\S+)/.exec(text) ?? []
    if (datestamp === undefined) return false
    this.program(name).start = datestamp
    if (this.#datestamp === '' || name !== 'driver') this.#datestamp = datestamp
    return true
  }

  #disk(entry: DiskEntry): boolean {
    if (entry.type === 'STATS') {
      const [, hostname] = /^hostname (\S+)/.exec(entry.text) ?? []
      if (hostname !== undefined) this.#hostname = hostname
    }
    const read = DISK_READERS[`${entry.type} ${entry.program}`]
    return read === undefined ? false : read(this, entry)
  }
}
