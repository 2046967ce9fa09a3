// The driver: which dump starts when and where, what follows a failure, when the run is over. Pure; driver.ts carries the effects out.
//
// | mode    | what happens                                    | next                                                    |
// |---------|-------------------------------------------------|---------------------------------------------------------|
// | waiting | time, dumper, host, spindle, line and room free | running (start-dump): admission.ts, start-order.ts      |
// | waiting | holding has no room and never will              | direct to a volume, or ended: failed `holding-full`     |
// | waiting | needs a volume, volumes are out of reach        | ended: failed with the volume's fault                   |
// | waiting | cancelled                                       | ended: failed `cancelled`                               |
// | waiting | will not be tried again, an attempt left a part | ended: held, partial                                    |
// | waiting | a full dump, volumes have come out of reach     | the same at another level, or ended: degraded-mode.ts   |
// | running | wants more room on the holding disk             | the same, with more (give-room) or refused: room-queue.ts |
// | running | dump good, on the holding disk                  | held                                                    |
// | running | dump good, on a volume                          | ended: taped                                            |
// | running | dump good, in the vault                         | ended: stored                                           |
// | running | failed, may be tried again                      | waiting, after a pause (retry)                          |
// | running | failed for good, something was kept             | held, partial                                           |
// | running | failed for good                                 | ended: failed                                           |
// | held    | the volume is free, and it is time to flush     | taping (start-tape): start-tape.ts, flush-rules.ts      |
// | held    | too little is held at the end of the run        | ended: held, with a note                                |
// | held    | volumes are out of reach, or the run is stopped | ended: held                                             |
// | taping  | on a volume                                     | ended: taped                                            |
// | taping  | the dump itself cannot be read, or was skipped  | ended: held                                             |
// | taping  | the volume failed                               | ended: held; degraded: the other dumps stay held too    |

import { assert } from '../../kernel/assert.ts'
import type { DumpId } from '../../catalog/contract.ts'
import { degrade } from './degraded-mode.ts'
import { draftOf, endJob, endUnstarted, jobsIn, setMode, withFault, type Draft, type JobTransition } from './driver-draft.ts'
import type { DriverEffect, DriverEvent, DriverState, DumpResult, FaultFacts, Job, RunningFacts, TapeResult } from './driver-state.ts'
import { releaseFromQueue, serveRoomQueue, wantRoom } from './room-queue.ts'
import { startDumps } from './start-dumps.ts'
import { startTape } from './start-tape.ts'

/** First pause before a `later` retry; it doubles up to the last. Short enough for a run of minutes, long enough for a restart. */
const RETRY_FIRST_MS = 15_000
const RETRY_LAST_MS = 600_000
/** Between `now` retries, so that a failure that repeats at once cannot spin. */
const RETRY_NOW_MS = 1_000
/** What the agent may ask for, at most: a run must end. */
const RETRY_ADVICE_MS_MAX = 3_600_000
/** Faults of a dump on the holding disk that say nothing about the volume. */
export const DUMP_FAULTS: ReadonlySet<string> = new Set(['holding-damaged', 'dump-crc-mismatch', 'file-missing', 'cancelled', 'wire-malformed'])

export interface DriverStep {
  readonly state: DriverState
  readonly effects: readonly DriverEffect[]
  readonly transitions: readonly JobTransition[]
}

/** `nowMs` is monotonic. */
export function driverStep(state: DriverState, event: DriverEvent, nowMs: number): DriverStep {
  const draft = draftOf(state)
  apply(draft, event, nowMs)
  settle(draft, nowMs)
  const { jobs, effects, transitions, disks, volume, volumesStarted, nextTurn, degraded, stopped } = draft
  const hasEnded = [...jobs.values()].every(({ mode }) => mode.kind === 'ended')
  if (hasEnded && !state.hasEnded) effects.push({ kind: 'all-ended' })
  return { state: { ...state, jobs, disks, volume, volumesStarted, nextTurn, degraded, stopped, hasEnded }, effects, transitions }
}

/** Until nothing follows from what was done: what one part ends or frees may be what another waits for. Each turn moves a job on or degrades the run, so it ends. */
function settle(draft: Draft, nowMs: number): void {
  for (let before = -1; before !== draft.effects.length; ) {
    before = draft.effects.length
    endWhatCannotGoOn(draft)
    serveRoomQueue(draft)
    startDumps(draft, nowMs)
    startTape(draft)
  }
}

function apply(draft: Draft, event: DriverEvent, nowMs: number): void {
  switch (event.kind) {
    case 'started':
    case 'tick':
      return
    case 'holding-room':
      draft.disks = event.disks
      return
    case 'room-wanted':
      return wantRoom(draft, event.id)
    case 'dump-ended':
      return dumpEnded(draft, event.id, event.result, nowMs)
    case 'tape-ended':
      return tapeEnded(draft, event.id, event.result)
    case 'volume-started':
      draft.volume = { leftBytes: draft.state.limits.volumeBytes }
      draft.volumesStarted += 1
      return
    case 'volume-filled':
      if (draft.volume?.leftBytes !== undefined) draft.volume = { leftBytes: Math.max(0, draft.volume.leftBytes - event.bytes) }
      return
    case 'volume-ended':
      draft.volume = undefined
      return
    case 'cancel':
      if (event.ids === undefined) draft.stopped ??= event.fault
      for (const [id, job] of draft.jobs) if (event.ids === undefined || event.ids.includes(id)) cancel(draft, job, event.fault)
      return
  }
}

function cancel(draft: Draft, job: Job, fault: FaultFacts): void {
  const { id } = job.spec
  switch (job.mode.kind) {
    case 'waiting':
      return endUnstarted(draft, job, fault)
    case 'running':
      if (job.mode.isCancelled) return
      setMode(draft, job, { ...job.mode, isCancelled: true })
      releaseFromQueue(draft, id)
      draft.effects.push({ kind: 'abort-dump', id, fault })
      return
    case 'taping':
      if (draft.stopped !== undefined) draft.effects.push({ kind: 'abort-tape', id, fault })
      return
    case 'held':
    case 'ended':
  }
}

function dumpEnded(draft: Draft, id: DumpId, result: DumpResult, nowMs: number): void {
  const job = draft.jobs.get(id)
  assert(job?.mode.kind === 'running', `the dump ${id} ended without running`)
  switch (result.kind) {
    case 'held':
      return hold(draft, job, result.path, result.bytes ?? job.estimatedBytes ?? 0, undefined)
    case 'taped':
      return endJob(draft, job, { kind: 'taped', isPartial: false })
    case 'stored':
      return endJob(draft, job, { kind: 'stored' })
    case 'failed':
      return dumpFailed(draft, job, job.mode, result, nowMs)
  }
}

function dumpFailed(draft: Draft, job: Job, mode: RunningFacts, result: Extract<DumpResult, { kind: 'failed' }>, nowMs: number): void {
  const { fault, partialPath } = result
  if (result.isVolumeFault === true) degrade(draft, fault)
  // Once at most: what goes straight to a volume does not come back to the holding disk.
  const wantsVolume = mode.to === 'holding' && fault.code === 'holding-full' && job.spec.holding === 'auto' && draft.degraded === undefined
  const isHopeless = fault.code === 'holding-full' && !wantsVolume && !isWorthAnotherTry(draft, mode)
  const mayRepeat = (fault.retry !== 'never' || result.advice !== undefined) && job.attempts <= (job.spec.retries ?? draft.state.limits.retries)
  if ((wantsVolume || (mayRepeat && !isHopeless)) && !mode.isCancelled && draft.stopped === undefined && result.isVolumeFault !== true) {
    const atMs = nowMs + (wantsVolume ? 0 : retryDelayMs(job, fault, result.advice?.delayMs))
    const level = result.advice?.level ?? job.level
    // The size of a level that the agent chose nobody has told.
    const changes = { level, isDirect: job.isDirect || wantsVolume, leftover: partialPath ?? job.leftover, estimatedBytes: level === job.level ? job.estimatedBytes : undefined }
    setMode(draft, job, { kind: 'waiting', notBeforeMs: atMs, reason: 'retry-delay' }, changes)
    draft.effects.push({ kind: 'retry', id: job.spec.id, atMs, fault })
    if (atMs > nowMs) draft.effects.push({ kind: 'wake', atMs })
    return
  }
  if (partialPath !== undefined) hold(draft, job, partialPath, job.estimatedBytes ?? 0, fault)
  else endJob(draft, job, { kind: 'failed', fault })
}

/** Broken off because others needed the room as well: when they are done there may be enough. */
function isWorthAnotherTry(draft: Draft, mode: RunningFacts): boolean {
  return mode.isRefused && jobsIn(draft, 'running').length > 1
}

function hold(draft: Draft, job: Job, path: string, bytes: number, fault: FaultFacts | undefined): void {
  setMode(draft, job, { kind: 'held', path, bytes, turn: draft.nextTurn++, isPartial: fault !== undefined, fault }, { leftover: undefined })
}

function retryDelayMs(job: Job, fault: FaultFacts, adviceMs: number | undefined): number {
  if (adviceMs !== undefined) return Math.max(RETRY_NOW_MS, Math.min(adviceMs, RETRY_ADVICE_MS_MAX))
  if (fault.retry === 'now') return RETRY_NOW_MS * job.attempts
  return Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** (job.attempts - 1))
}

function tapeEnded(draft: Draft, id: DumpId, result: TapeResult): void {
  const job = draft.jobs.get(id)
  assert(job?.mode.kind === 'taping', `the dump ${id} was taped without being asked for`)
  const { isPartial, fault } = job.mode
  switch (result.kind) {
    case 'taped':
      return endJob(draft, job, { kind: 'taped', isPartial: isPartial || result.isPartial, ...withFault(fault) })
    case 'skipped':
      return endJob(draft, job, { kind: 'held', isPartial, fault: fault ?? { code: 'cancelled', message: result.reason, retry: 'later' } })
    case 'failed':
      endJob(draft, job, { kind: 'held', isPartial, fault: fault ?? result.fault })
      if (!DUMP_FAULTS.has(result.fault.code)) degrade(draft, result.fault)
  }
}

/** Dumps that wait for something that will not come in this run. */
function endWhatCannotGoOn(draft: Draft): void {
  const { degraded, stopped } = draft
  for (const job of draft.jobs.values()) {
    const { mode } = job
    if (mode.kind === 'held' && (degraded ?? stopped) !== undefined) endJob(draft, job, { kind: 'held', isPartial: mode.isPartial, ...withFault(mode.fault ?? degraded ?? stopped) })
    else if (mode.kind === 'waiting' && stopped !== undefined) endUnstarted(draft, job, stopped)
    else if (mode.kind === 'waiting' && job.isDirect && degraded !== undefined) endUnstarted(draft, job, degraded)
  }
}

