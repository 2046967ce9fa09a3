// What the lines say of one kind of fault and one dump: how often, in which runs, when, on which streams, and the lines that prove it best. Bounded,
// however many lines there are. Lines of some files may be looked at elsewhere: what is first is told by their places, so that it does not matter where.
// Pure.

import type { Evidence, FaultKind } from '../contract.ts'

export const EVIDENCE_MAX = 5
/** A year of nights. */
const RUNS_MAX = 400

export interface PlacedLine {
  /** Among all lines of all files; grows from line to line. */
  readonly place: number
  readonly evidence: Evidence
}

/** What one line says. */
export interface FaultLine extends PlacedLine {
  readonly run: string | undefined
  /** By the clock of the machine that wrote it, as if its zone were UTC. */
  readonly atMs: number | undefined
  readonly stream: string | undefined
}

/** What a group knows, as plain values. */
export interface GroupPart {
  readonly code: string
  readonly host: string | undefined
  readonly disk: string | undefined
  readonly place: number
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
  readonly runs: ReadonlyMap<string, number>
  readonly streams: ReadonlySet<string>
  readonly lines: readonly PlacedLine[]
}

export class FaultGroup {
  readonly kind: FaultKind
  readonly host: string | undefined
  readonly disk: string | undefined
  /** Each with the place of the first line that names it. */
  readonly runs = new Map<string, number>()
  readonly streams = new Set<string>()
  readonly #lines: PlacedLine[] = []
  /** Of its first line. */
  place = Number.POSITIVE_INFINITY
  count = 0
  firstMs = Number.POSITIVE_INFINITY
  lastMs = Number.NEGATIVE_INFINITY

  constructor(kind: FaultKind, host: string | undefined, disk: string | undefined) {
    this.kind = kind
    this.host = host
    this.disk = disk
  }

  /** Those that prove it best. */
  get lines(): readonly PlacedLine[] {
    return this.#lines
  }

  /** Lines come in the order of their places. */
  add({ place, evidence, run, atMs, stream }: FaultLine): void {
    this.count += 1
    this.place = Math.min(this.place, place)
    if (run !== undefined) this.#addRun(run, place)
    if (stream !== undefined) this.streams.add(stream)
    if (atMs !== undefined) {
      this.firstMs = Math.min(this.firstMs, atMs)
      this.lastMs = Math.max(this.lastMs, atMs)
    }
    keepLine(this.#lines, { place, evidence })
  }

  #addRun(run: string, place: number): void {
    if (this.runs.size < RUNS_MAX && !this.runs.has(run)) this.runs.set(run, place)
  }

  /** What was found elsewhere of what turned out to be the same fault. */
  absorb(other: FaultGroup | GroupPart): void {
    this.count += other.count
    this.place = Math.min(this.place, other.place)
    for (const [run, place] of other.runs) this.#addRun(run, place)
    for (const stream of other.streams) this.streams.add(stream)
    this.firstMs = Math.min(this.firstMs, other.firstMs)
    this.lastMs = Math.max(this.lastMs, other.lastMs)
    for (const line of other.lines) keepLine(this.#lines, line)
  }

  part(): GroupPart {
    const { kind: { code }, host, disk, place, count, firstMs, lastMs, runs, streams, lines } = this
    return { code, host, disk, place, count, firstMs, lastMs, runs, streams, lines }
  }
}

/** What `parts`, of one dump, say together: as if all their lines had come in the order of their places. */
export function joinGroupParts(parts: readonly [GroupPart, ...GroupPart[]]): GroupPart {
  const [first, ...others] = parts
  if (others.length === 0) return first
  const lines: PlacedLine[] = []
  for (const line of parts.flatMap((part) => part.lines).toSorted((a, b) => a.place - b.place)) keepLine(lines, line)
  const runs = new Map<string, number>()
  for (const [run, place] of parts.flatMap((part) => [...part.runs]).toSorted(([, a], [, b]) => a - b)) if (!runs.has(run) && runs.size < RUNS_MAX) runs.set(run, place)
  return {
    ...first,
    count: parts.reduce((sum, { count }) => sum + count, 0),
    place: Math.min(...parts.map(({ place }) => place)),
    firstMs: Math.min(...parts.map(({ firstMs }) => firstMs)),
    lastMs: Math.max(...parts.map(({ lastMs }) => lastMs)),
    runs,
    streams: new Set(parts.flatMap(({ streams }) => [...streams])),
    lines,
  }
}

/** The first lines, and of each file at least one as long as there is room: what two hosts say proves more than what one says twice. */
export function keepLine(kept: PlacedLine[], next: PlacedLine): void {
  if (kept.length < EVIDENCE_MAX) {
    kept.push(next)
    return
  }
  const fileOf = ({ evidence }: PlacedLine): string => evidence.file
  if (kept.some((line) => fileOf(line) === fileOf(next))) return
  const repeated = kept.findLastIndex((line, index) => kept.findIndex((other) => fileOf(other) === fileOf(line)) < index)
  if (repeated < 0) return
  kept.splice(repeated, 1)
  kept.push(next)
}
