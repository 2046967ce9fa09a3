// From the lines of logs to findings. Each line is given to the kinds whose words it has, and counted for the dump that it, or its file, names. Failures
// that no kind explains are kept as they are. Bounded: of each dump the first few lines, of unknown failures a few dozen. Pure.

import type { Diagnosis, Evidence, FaultKind } from '../contract.ts'
import { dumpCutShort } from '../kinds/dump/dump-cut-short.ts'
import { diagnosisOf, LOST_MAX, UNKNOWN_MAX, type DiagnosisPart } from './diagnosis-part.ts'
import type { PlacedLine } from './fault-group.ts'
import { FaultGroups } from './fault-groups.ts'
import { formatTime } from './finding.ts'
import { areLooked, contextWord, kindsOfCode, kindsWith, wordsIn } from './kind-index.ts'
import { LogBlock, type BlockNames } from './log-block.ts'
import { LogContext, type Whose } from './log-context.ts'
import { parseLogLine, unwrappedText, type LogLine } from './log-line.ts'
import { ConnectionWatch, type LeftStuck, type LostConnection } from './lost-connection.ts'
import { parseOwnLine, type OwnLine } from './own-log.ts'
import { ShortDumpWatch } from './short-dump.ts'

const LINE_CHARS_MAX = 500
/** More than any file has lines. */
const FILE_PLACES = 2 ** 33

export class LogDiagnosis {
  readonly #groups = new FaultGroups()
  readonly #unknown: PlacedLine[] = []
  readonly #lost: LostConnection[] = []
  readonly #stuck: LeftStuck[] = []
  #unknownCount = 0
  #file = 0
  #connections = new ConnectionWatch(0)
  #shortDumps = new ShortDumpWatch()
  #context = new LogContext()
  #block = new LogBlock()

  /** The lines that follow are of another file: the next one, or number `file`. Numbers grow. */
  beginFile(file = this.#file + 1): void {
    const stuck = this.#connections.leftStuck()
    if (stuck !== undefined && this.#stuck.length < LOST_MAX) this.#stuck.push(stuck)
    this.#lost.push(...this.#connections.lost.slice(0, LOST_MAX - this.#lost.length))
    this.#file = file
    this.#connections = new ConnectionWatch(file)
    this.#shortDumps = new ShortDumpWatch()
    this.#context = new LogContext()
    this.#block = new LogBlock()
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
    this.#connections.push(line)
    const short = this.#shortDumps.push(line)
    if (short !== undefined) this.#groups.of(dumpCutShort, short.host, short.disk).add({ ...this.#placed(evidenceOf(line, file, number)), run: this.#context.whose(line).run, atMs: line.atMs, stream: undefined })
    const block = this.#block.push(line.text)
    let isKnown = false
    for (const kind of kindsWith(held)) {
      const match = firstMatch(kind, line.text)
      if (match === undefined) continue
      isKnown = true
      this.#take(kind, line, match, block, file, number)
    }
    if (!isKnown && line.isFailure) this.#keepUnknown(evidenceOf(line, file, number))
  }

  #placed(evidence: Evidence): PlacedLine {
    return { place: this.#file * FILE_PLACES + evidence.line, evidence }
  }

  #keepUnknown(evidence: Evidence): void {
    this.#unknownCount += 1
    if (this.#unknown.length < UNKNOWN_MAX) this.#unknown.push(this.#placed(evidence))
  }

  /** An entry of a log of ours. */
  #takeOwn({ code, text, atMs, host, disk, run }: OwnLine, file: string, number: number): void {
    const time = formatTime(atMs)
    const evidence = { file, line: number, text: text.slice(0, LINE_CHARS_MAX), ...(time === undefined ? {} : { time }) }
    const kinds = code === undefined ? [] : kindsOfCode(code)
    for (const kind of kinds) this.#groups.of(kind, host, disk).add({ ...this.#placed(evidence), run, atMs, stream: undefined })
    if (kinds.length === 0) this.#keepUnknown(evidence)
  }

  #take(kind: FaultKind, line: LogLine, match: RegExpExecArray, block: BlockNames, file: string, number: number): void {
    const said: Whose = { ...optional('host', line.host ?? match.groups?.['host'] ?? block.host), ...optional('disk', line.disk ?? match.groups?.['disk'] ?? block.disk) }
    const whose = this.#context.whose(line)
    // What the file says is of use when it is about the same client.
    const isOfIt = said.host === undefined || said.host === whose.host
    const host = said.host ?? whose.host
    const disk = said.disk ?? (isOfIt ? whose.disk : undefined)
    this.#groups.of(kind, host, disk).add({ ...this.#placed(evidenceOf(line, file, number)), run: whose.run, atMs: line.atMs, stream: match.groups?.['stream'] ?? this.#context.streamOf(line) })
  }

  /** What its files say: all lines have come. */
  part(): DiagnosisPart {
    this.beginFile()
    return { groups: this.#groups.all().map((group) => group.part()), unknown: this.#unknown, unknownCount: this.#unknownCount, lost: this.#lost, stuck: this.#stuck }
  }

  /** When there are no other files. */
  finish(): Pick<Diagnosis, 'findings' | 'unknown' | 'unknownCount'> {
    return diagnosisOf([this.part()])
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
