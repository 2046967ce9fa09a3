// From the lines of logs to findings. One finding for each kind and dump; what follows from another finding is told there. Failures that no kind
// explains are kept as they are. Bounded: of each finding the first few lines, of unknown failures a few dozen. Pure.

import type { Diagnosis, Evidence, FaultKind, Finding } from '../contract.ts'
import { FAULT_KINDS } from '../kinds.ts'
import { describeAges, IdleWatch, type IdleAge } from './idle-age.ts'
import { parseLogLine, type LogLine } from './log-line.ts'

const EVIDENCE_MAX = 5
const UNKNOWN_MAX = 40
const LINE_CHARS_MAX = 500
/** Findings of one kind: more clients than that have one cause. */
const GROUPS_MAX = 200

interface Group {
  readonly kind: FaultKind
  readonly host: string | undefined
  readonly disk: string | undefined
  readonly evidence: Evidence[]
  count: number
}

/** Words of lines that say how long a connection was silent, or that something failed for whatever reason. */
const OTHER_WORDS = ['Building type FILE header', '-DUMP ', 'FAIL ', 'PARTIAL taper ', 'FAILED', 'ERROR ', 'FATAL ', 'TRY-AGAIN', 'TAPE-ERROR', 'NO-ROOM', 'error result for host', ': critical (fatal): ']

/** What a line must hold to be worth `push`. */
export const LOG_WORDS: readonly string[] = [...new Set([...FAULT_KINDS.flatMap(({ words }) => words), ...OTHER_WORDS])]

/** All patterns of all kinds: of the lines that are left, most are thrown away by this one. */
const ANY_KIND = new RegExp(FAULT_KINDS.flatMap(({ patterns }) => patterns.map(({ source }) => `(?:${source.replaceAll(/\(\?<\w+>/g, '(?:')})`)).join('|'))
const SEVERITIES = ['failure', 'warning', 'notice'] as const

export class LogDiagnosis {
  readonly #groups = new Map<string, Group>()
  readonly #unknown: Evidence[] = []
  readonly #ages: IdleAge[] = []
  #unknownCount = 0
  #idle = new IdleWatch()

  /** The lines that follow are of another file. */
  beginFile(): void {
    this.#ages.push(...this.#idle.ages)
    this.#idle = new IdleWatch()
  }

  /** A line that holds one of LOG_WORDS, as a string of bytes (latin1). */
  push(file: string, number: number, text: string): void {
    const line = parseLogLine(text)
    this.#idle.push(line)
    const isKnown = ANY_KIND.test(text) && this.#takeKnown(file, number, line)
    if (isKnown || !line.isFailure) return
    this.#unknownCount += 1
    if (this.#unknown.length < UNKNOWN_MAX) this.#unknown.push({ file, line: number, text: shortened(text) })
  }

  #takeKnown(file: string, number: number, line: LogLine): boolean {
    let isKnown = false
    for (const kind of FAULT_KINDS) {
      const match = firstMatch(kind, line.text)
      if (match === undefined) continue
      isKnown = true
      const host = line.host ?? match.groups?.['host']
      const disk = line.disk ?? match.groups?.['disk']
      const group = this.#groupOf(kind, host, disk)
      group.count += 1
      if (group.evidence.length < EVIDENCE_MAX) group.evidence.push({ file, line: number, text: shortened(line.text) })
    }
    return isKnown
  }

  #groupOf(kind: FaultKind, host: string | undefined, disk: string | undefined): Group {
    const key = JSON.stringify([kind.code, host, disk])
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    // Counted only when there is another dump: nearly every line is of one that is known.
    const isFull = (host !== undefined || disk !== undefined) && [...this.#groups.values()].filter((group) => group.kind === kind).length >= GROUPS_MAX
    if (isFull) return this.#groupOf(kind, undefined, undefined)
    const group: Group = { kind, host, disk, evidence: [], count: 0 }
    this.#groups.set(key, group)
    return group
  }

  finish(): Omit<Diagnosis, 'files' | 'lines'> {
    this.beginFile()
    this.#joinVague()
    const groups = [...this.#groups.values()]
    const followed = new Map<Group | undefined, Group[]>()
    for (const group of groups) {
      const source = sourceOf(group, groups)
      followed.set(source, [...(followed.get(source) ?? []), group])
    }
    const findings = (followed.get(undefined) ?? []).map((group) => this.#finding(group, followed.get(group) ?? []))
    findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.count - a.count)
    return { findings, unknown: this.#unknown, unknownCount: this.#unknownCount }
  }

  /** Some lines do not say whose dump they are of, or only which client: where other lines name one such dump only, they are of that. */
  #joinVague(): void {
    const vague = [...this.#groups].filter(([, { host, disk }]) => host === undefined || disk === undefined)
    for (const [key, group] of vague.toSorted(([, a], [, b]) => vagueness(b) - vagueness(a))) {
      const clearer = [...this.#groups.values()].filter((other) => other.kind === group.kind && vagueness(other) < vagueness(group) && areCompatible(group, other))
      const [only] = clearer
      if (only === undefined || clearer.some((other) => !areCompatible(only, other))) continue
      only.count += group.count
      only.evidence.push(...group.evidence.slice(0, EVIDENCE_MAX - only.evidence.length))
      this.#groups.delete(key)
    }
  }

  #finding(group: Group, followed: readonly Group[]): Finding {
    const { kind, host, disk } = group
    const ages = kind.code === 'idle-connection-cut' ? this.#ages.filter((age) => host === undefined || (age.host === host && (disk === undefined || age.disk === disk))) : []
    const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)
    return {
      code: kind.code,
      severity: kind.severity,
      symptom: kind.symptom,
      host,
      disk,
      details: [...describeAges(ages), ...followed.map((other) => `What followed from it (${times(other.count)}): ${other.kind.symptom}`)],
      evidence: [...group.evidence, ...followed.flatMap((other) => other.evidence.slice(0, 1))],
      count: group.count,
      cause: kind.cause,
      // Both ends saw it, and the silence before it was measured.
      confidence: ages.length > 0 && new Set(group.evidence.map(({ file }) => file)).size > 1 ? 'certain' : kind.confidence,
      advice: kind.advice,
      cures: kind.cures,
      check: kind.check,
      page: `doctor/${kind.code}.md`,
    }
  }
}

function firstMatch(kind: FaultKind, text: string): RegExpExecArray | undefined {
  for (const pattern of kind.patterns) {
    const match = pattern.exec(text)
    if (match !== null) return match
  }
  return undefined
}

type Whose = Pick<Group, 'host' | 'disk'>

function vagueness({ host, disk }: Whose): number {
  return (host === undefined ? 1 : 0) + (disk === undefined ? 1 : 0)
}

/** Whether both may be of one dump. */
function areCompatible(a: Whose, b: Whose): boolean {
  const isSame = (left: string | undefined, right: string | undefined): boolean => left === undefined || right === undefined || left === right
  return isSame(a.host, b.host) && isSame(a.disk, b.disk)
}

/** The finding that brought this one with it, and was not brought by another itself. */
function sourceOf(group: Group, groups: readonly Group[]): Group | undefined {
  const direct = groups.find((other) => group.kind.followsFrom?.includes(other.kind.code) === true && areCompatible(other, group))
  return direct === undefined ? undefined : (sourceOf(direct, groups) ?? direct)
}

/** Lines are strings of bytes; people read UTF-8. */
function shortened(text: string): string {
  return text.length > LINE_CHARS_MAX ? `${readable(text.slice(0, LINE_CHARS_MAX))} …` : readable(text)
}

function readable(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
