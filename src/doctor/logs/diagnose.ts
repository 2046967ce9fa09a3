// From the lines of logs to findings. Each line is given to the kinds whose words it has, and counted for the dump that it, or its file, names. Failures
// that no kind explains are kept as they are. Bounded: of each dump the first few lines, of unknown failures a few dozen. Pure.

import type { Diagnosis, Evidence, FaultKind } from '../contract.ts'
import { FAULT_KINDS } from '../kinds.ts'
import { dumpCutShort } from '../kinds/dump/dump-cut-short.ts'
import { connectionsLostAtOnce } from '../kinds/network/connections-lost-at-once.ts'
import { FaultGroup } from './fault-group.ts'
import { findingsOf, formatTime } from './finding.ts'
import { joinedCodes } from './join-findings.ts'
import { areLooked, contextWord, kindsOfCode, kindsWith, wordsIn } from './kind-index.ts'
import { LogBlock, type BlockNames } from './log-block.ts'
import { LogContext, type Whose } from './log-context.ts'
import { parseLogLine, unwrappedText, type LogLine } from './log-line.ts'
import { ConnectionWatch, type LeftStuck, type LostConnection } from './lost-connection.ts'
import { parseOwnLine, type OwnLine } from './own-log.ts'
import { ShortDumpWatch } from './short-dump.ts'
import { joinVague } from './whose-fault.ts'

const UNKNOWN_MAX = 40
const LINE_CHARS_MAX = 500
/** Dumps of one kind: more have one cause. */
const GROUPS_MAX = 400
/** Silences are numbers; of many thousand the first say enough. */
const LOST_MAX = 2000

const KINDS_BY_CODE = new Map(FAULT_KINDS.map((kind) => [kind.code, kind]))

export class LogDiagnosis {
  readonly #groups = new Map<string, FaultGroup>()
  readonly #groupCounts = new Map<FaultKind, number>()
  readonly #unknown: Evidence[] = []
  readonly #lost: LostConnection[] = []
  readonly #stuck: LeftStuck[] = []
  #unknownCount = 0
  #fileCount = 0
  #connections = new ConnectionWatch(0)
  #shortDumps = new ShortDumpWatch()
  #context = new LogContext()
  #block = new LogBlock()

  /** The lines that follow are of another file. */
  beginFile(): void {
    const stuck = this.#connections.leftStuck()
    if (stuck !== undefined && this.#stuck.length < LOST_MAX) this.#stuck.push(stuck)
    this.#lost.push(...this.#connections.lost.slice(0, LOST_MAX - this.#lost.length))
    this.#fileCount += 1
    this.#connections = new ConnectionWatch(this.#fileCount)
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
    if (short !== undefined) this.#groupOf(dumpCutShort, short.host, short.disk).add({ evidence: evidenceOf(line, file, number), run: this.#context.whose(line).run, atMs: line.atMs, stream: undefined })
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

  #take(kind: FaultKind, line: LogLine, match: RegExpExecArray, block: BlockNames, file: string, number: number): void {
    const said: Whose = { ...optional('host', line.host ?? match.groups?.['host'] ?? block.host), ...optional('disk', line.disk ?? match.groups?.['disk'] ?? block.disk) }
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
    this.#nameTogether()
    return { findings: findingsOf(joinVague([...this.#groups.values()]), this.#lost), unknown: this.#unknown, unknownCount: this.#unknownCount }
  }

  /** Faults that are another one when they are seen beside each other get its name. */
  #nameTogether(): void {
    const groups = [...this.#groups.values()]
    const codes = joinedCodes(groups.map(({ kind: { code }, host, disk }) => ({ code, host, disk })), this.#lost, this.#stuck)
    this.#groups.clear()
    this.#groupCounts.clear()
    for (const [index, group] of groups.entries()) {
      const kind = KINDS_BY_CODE.get(codes[index] ?? '') ?? group.kind
      this.#groupOf(kind, group.host, kind === connectionsLostAtOnce ? undefined : group.disk).absorb(group)
    }
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
