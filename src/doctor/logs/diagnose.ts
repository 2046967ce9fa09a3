// From the lines of logs to findings. Each line is given to the kinds whose words it has, and counted for the dump that it, or its file, names. Failures
// that no kind explains are kept as they are. Bounded: of each dump the first few lines, of unknown failures a few dozen. Pure.

import type { Diagnosis, Evidence, FaultKind } from '../contract.ts'
import { FaultGroup } from './fault-group.ts'
import { findingsOf, formatTime } from './finding.ts'
import { IdleWatch, type IdleAge } from './idle-age.ts'
import { areLooked, contextWord, kindsOfCode, kindsWith, wordsIn } from './kind-index.ts'
import { LogContext, type Whose } from './log-context.ts'
import { parseLogLine, unwrappedText, type LogLine } from './log-line.ts'
import { parseOwnLine, type OwnLine } from './own-log.ts'
import { joinVague } from './whose-fault.ts'

const UNKNOWN_MAX = 40
const LINE_CHARS_MAX = 500
/** Dumps of one kind: more have one cause. */
const GROUPS_MAX = 400
/** Silences are numbers; of many thousand the first say enough. */
const AGES_MAX = 2000

export class LogDiagnosis {
  readonly #groups = new Map<string, FaultGroup>()
  readonly #groupCounts = new Map<FaultKind, number>()
  readonly #unknown: Evidence[] = []
  readonly #ages: IdleAge[] = []
  #unknownCount = 0
  #idle = new IdleWatch()
  #context = new LogContext()

  /** The lines that follow are of another file. */
  beginFile(): void {
    this.#ages.push(...this.#idle.ages.slice(0, AGES_MAX - this.#ages.length))
    this.#idle = new IdleWatch()
    this.#context = new LogContext()
  }

  /** A line that holds one of LOG_WORDS, as a string of bytes (latin1). `words`: the places of those it holds, where they are known. */
  push(file: string, number: number, raw: string, words?: readonly number[]): void {
    const held = words ?? wordsIn(raw)
    for (const word of held) {
      const context = contextWord(word)
      if (context !== undefined) this.#context.push(context, unwrappedText(raw))
    }
    if (!areLooked(held)) return
    const own = parseOwnLine(raw)
    if (own !== undefined) {
      this.#takeOwn(own, file, number)
      return
    }
    const line = parseLogLine(raw)
    this.#idle.push(line)
    let isKnown = false
    for (const kind of kindsWith(held)) {
      const match = firstMatch(kind, line.text)
      if (match === undefined) continue
      isKnown = true
      this.#take(kind, line, match, file, number)
    }
    if (!isKnown && line.isFailure) this.#keepUnknown(evidenceOf(line, file, number))
  }

  #keepUnknown(evidence: Evidence): void {
    this.#unknownCount += 1
    if (this.#unknown.length < UNKNOWN_MAX) this.#unknown.push(evidence)
  }

  /** An entry of a log of ours. */
  #takeOwn({ code, text, atMs, host, disk, run }: OwnLine, file: string, number: number): void {
    const time = formatTime(atMs)
    const evidence = { file, line: number, text: text.slice(0, LINE_CHARS_MAX), ...(time === undefined ? {} : { time }) }
    const kinds = code === undefined ? [] : kindsOfCode(code)
    for (const kind of kinds) this.#groupOf(kind, host, disk).add({ evidence, run, atMs, stream: undefined })
    if (kinds.length === 0) this.#keepUnknown(evidence)
  }

  #take(kind: FaultKind, line: LogLine, match: RegExpExecArray, file: string, number: number): void {
    const said: Whose = { ...optional('host', line.host ?? match.groups?.['host']), ...optional('disk', line.disk ?? match.groups?.['disk']) }
    const whose = this.#context.whose(line)
    // What the file says is of use when it is about the same client.
    const isOfIt = said.host === undefined || said.host === whose.host
    const host = said.host ?? whose.host
    const disk = said.disk ?? (isOfIt ? whose.disk : undefined)
    this.#groupOf(kind, host, disk).add({ evidence: evidenceOf(line, file, number), run: whose.run, atMs: line.atMs, stream: match.groups?.['stream'] ?? this.#context.streamOf(line) })
  }

  #groupOf(kind: FaultKind, host: string | undefined, disk: string | undefined): FaultGroup {
    const key = JSON.stringify([kind.code, host, disk])
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const count = this.#groupCounts.get(kind) ?? 0
    if (count >= GROUPS_MAX && (host !== undefined || disk !== undefined)) return this.#groupOf(kind, undefined, undefined)
    this.#groupCounts.set(kind, count + 1)
    const group = new FaultGroup(kind, host, disk)
    this.#groups.set(key, group)
    return group
  }

  finish(): Pick<Diagnosis, 'findings' | 'unknown' | 'unknownCount'> {
    this.beginFile()
    return { findings: findingsOf(joinVague([...this.#groups.values()]), this.#ages), unknown: this.#unknown, unknownCount: this.#unknownCount }
  }
}

function optional<Name extends string>(name: Name, value: string | undefined): { readonly [key in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [key in Name]?: string })
}

function firstMatch(kind: FaultKind, text: string): RegExpExecArray | undefined {
  for (const pattern of kind.patterns) {
    const match = pattern.exec(text)
    if (match !== null) return match
  }
  return undefined
}

function evidenceOf(line: LogLine, file: string, number: number): Evidence {
  const time = formatTime(line.atMs)
  return { file, line: number, text: shortened(line.text), ...(time === undefined ? {} : { time }) }
}

/** Lines are strings of bytes; people read UTF-8. */
function shortened(text: string): string {
  return text.length > LINE_CHARS_MAX ? `${readable(text.slice(0, LINE_CHARS_MAX))} …` : readable(text)
}

function readable(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
