// What the lines say of one kind of fault and one dump: how often, in which runs, when, on which streams, and the lines that prove it best. Bounded,
// however many lines there are. Pure.

import type { Evidence, FaultKind } from '../contract.ts'

export const EVIDENCE_MAX = 5
/** A year of nights. */
const RUNS_MAX = 400

/** What one line says. */
export interface FaultLine {
  readonly evidence: Evidence
  readonly run: string | undefined
  /** By the clock of the machine that wrote it, as if its zone were UTC. */
  readonly atMs: number | undefined
  readonly stream: string | undefined
}

export class FaultGroup {
  readonly kind: FaultKind
  readonly host: string | undefined
  readonly disk: string | undefined
  readonly runs = new Set<string>()
  readonly streams = new Set<string>()
  readonly #evidence: Evidence[] = []
  count = 0
  firstMs = Number.POSITIVE_INFINITY
  lastMs = Number.NEGATIVE_INFINITY

  constructor(kind: FaultKind, host: string | undefined, disk: string | undefined) {
    this.kind = kind
    this.host = host
    this.disk = disk
  }

  get evidence(): readonly Evidence[] {
    return this.#evidence
  }

  add({ evidence, run, atMs, stream }: FaultLine): void {
    this.count += 1
    if (run !== undefined && this.runs.size < RUNS_MAX) this.runs.add(run)
    if (stream !== undefined) this.streams.add(stream)
    if (atMs !== undefined) {
      this.firstMs = Math.min(this.firstMs, atMs)
      this.lastMs = Math.max(this.lastMs, atMs)
    }
    keepEvidence(this.#evidence, evidence)
  }

  /** What was found of the same dump elsewhere. */
  absorb(other: FaultGroup): void {
    this.count += other.count
    for (const run of other.runs) if (this.runs.size < RUNS_MAX) this.runs.add(run)
    for (const stream of other.streams) this.streams.add(stream)
    this.firstMs = Math.min(this.firstMs, other.firstMs)
    this.lastMs = Math.max(this.lastMs, other.lastMs)
    for (const evidence of other.evidence) keepEvidence(this.#evidence, evidence)
  }
}

/** The first lines, and of each file at least one as long as there is room: what two hosts say proves more than what one says twice. */
export function keepEvidence(kept: Evidence[], next: Evidence): void {
  if (kept.length < EVIDENCE_MAX) {
    kept.push(next)
    return
  }
  if (kept.some(({ file }) => file === next.file)) return
  const repeated = kept.findLastIndex(({ file }, index) => kept.findIndex((other) => other.file === file) < index)
  if (repeated < 0) return
  kept.splice(repeated, 1)
  kept.push(next)
}
