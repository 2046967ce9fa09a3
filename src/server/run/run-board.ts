// What a run looks like from outside at this moment: one row a dump with phase, bytes, rate and link. It only remembers and tells; it
// decides nothing.

import type { Clock } from '../../kernel/clock.ts'
import type { EventSink } from '../../kernel/log.ts'
import type { DumpId } from '../../catalog/contract.ts'
import type { VaultCounts } from '../dumper/contract.ts'
import type { DumpProgress, LinkStatus, ServerEvent } from '../control/contract.ts'

/** Over which the rate is measured, and how often progress is told. */
const RATE_WINDOW_MS = 5_000
const TELL_MS = 1_000

const NO_COUNTS = { cuts: 0, resumes: 0, bytesResent: 0 }
const NO_LINK: LinkStatus = { state: 'none', ...NO_COUNTS }

interface Row {
  progress: DumpProgress
  /** Counts of the link when the dump's first attempt began. */
  linkAtStart: LinkStatus | undefined
  /** The link as the dump saw it, once no attempt runs any more: what happens to it later is not the dump's. */
  linkAtEnd: LinkStatus | undefined
  samples: { readonly atMs: number; readonly bytes: number }[]
  toldMs: number
}

export class RunBoard {
  readonly #clock: Clock
  readonly #events: EventSink<ServerEvent>
  readonly #linkOf: (host: string) => LinkStatus
  readonly #rows = new Map<DumpId, Row>()

  constructor(clock: Clock, events: EventSink<ServerEvent>, linkOf: (host: string) => LinkStatus) {
    this.#clock = clock
    this.#events = events
    this.#linkOf = linkOf
  }

  add(progress: Omit<DumpProgress, 'link' | 'bytes' | 'durableBytes' | 'bytesPerSecond' | 'tapedBytes'>): void {
    this.#rows.set(progress.id, { progress: { ...progress, bytes: 0, durableBytes: 0, bytesPerSecond: 0, tapedBytes: 0, link: NO_LINK }, linkAtStart: undefined, linkAtEnd: undefined, samples: [], toldMs: 0 })
    this.#tell('dump-changed', progress.id)
  }

  change(id: DumpId, changes: Partial<DumpProgress>): void {
    const row = this.#rows.get(id)
    if (row === undefined) return
    const { waitReason: _waitReason, ...rest } = row.progress
    row.progress = { ...rest, ...changes }
    if (changes.phase === 'connecting') {
      row.linkAtStart ??= this.#linkOf(row.progress.host)
      row.linkAtEnd = undefined
    }
    this.#tell(changes.phase === 'done' ? 'dump-ended' : 'dump-changed', id)
  }

  /** An attempt has ended: from now on the link of its agent is not this dump's. */
  attemptEnded(id: DumpId): void {
    const row = this.#rows.get(id)
    if (row !== undefined) row.linkAtEnd = this.#linkSince(row)
  }

  bytes(id: DumpId, bytes: number, durableBytes: number, counts: VaultCounts | undefined): void {
    const row = this.#rows.get(id)
    if (row === undefined) return
    const atMs = this.#clock.monotonicMs()
    row.samples = [...row.samples.filter((sample) => atMs - sample.atMs <= RATE_WINDOW_MS), { atMs, bytes }]
    const [oldest] = row.samples
    const elapsedMs = oldest === undefined ? 0 : atMs - oldest.atMs
    row.progress = { ...row.progress, ...counts, bytes, durableBytes, bytesPerSecond: oldest === undefined || elapsedMs <= 0 ? row.progress.bytesPerSecond : ((bytes - oldest.bytes) * 1000) / elapsedMs }
    if (atMs - row.toldMs < TELL_MS) return
    row.toldMs = atMs
    this.#tell('dump-progress', id)
  }

  taped(id: DumpId, bytes: number): void {
    const row = this.#rows.get(id)
    if (row !== undefined) row.progress = { ...row.progress, tapedBytes: bytes }
  }

  rows(): readonly DumpProgress[] {
    return [...this.#rows.values()].map((row) => this.#withLink(row))
  }

  /** What happened to the link between the dump's own start and now. */
  #linkSince({ progress, linkAtStart }: Row): LinkStatus {
    const now = this.#linkOf(progress.host)
    if (linkAtStart === undefined) return { ...now, ...NO_COUNTS }
    return { ...now, cuts: now.cuts - linkAtStart.cuts, resumes: now.resumes - linkAtStart.resumes, bytesResent: now.bytesResent - linkAtStart.bytesResent }
  }

  #withLink(row: Row): DumpProgress {
    return { ...row.progress, link: row.linkAtEnd ?? this.#linkSince(row) }
  }

  #tell(kind: 'dump-changed' | 'dump-progress' | 'dump-ended', id: DumpId): void {
    const row = this.#rows.get(id)
    if (row !== undefined) this.#events({ kind, atMs: this.#clock.wallMs(), dump: this.#withLink(row) })
  }
}
