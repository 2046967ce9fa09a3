// The driver: which dump starts when and where, what follows a failure, when the run is over. Pure; driver.ts carries the effects out.
//
// | mode    | what happens                                    | next                                                    |
// |---------|-------------------------------------------------|---------------------------------------------------------|
// | waiting | place, host, spindle and room are free          | running (start-dump)                                    |
// | waiting | holding has no room and never will              | direct to a volume, or ended: failed `holding-full`     |
// | waiting | needs a volume, volumes are out of reach        | ended: failed with the volume's fault                   |
// | waiting | cancelled                                       | ended: failed `cancelled`                               |
// | waiting | will not be tried again, an attempt left a part | ended: held, partial                                    |
// | running | dump good, on the holding disk                  | held                                                    |
// | running | dump good, on a volume                          | ended: taped                                            |
// | running | dump good, in the vault                         | ended: stored                                           |
// | running | failed, may be tried again                      | waiting, after a pause (retry)                          |
// | running | failed for good, something was kept             | held, partial                                           |
// | running | failed for good                                 | ended: failed                                           |
// | held    | the volume is free                              | taping (start-tape)                                     |
// | held    | volumes are out of reach, or the run is stopped | ended: held                                             |
// | taping  | on a volume                                     | ended: taped                                            |
// | taping  | the dump itself cannot be read, or was skipped  | ended: held                                             |
// | taping  | the volume failed                               | ended: held; degraded: the other dumps stay held too    |

import { assert } from '../../kernel/assert.ts'
import type { DumpId } from '../../catalog/contract.ts'
import type { WaitReason } from '../control/contract.ts'
import type { DriverEffect, DriverEvent, DriverState, DumpResult, FaultFacts, Job, JobEnd, JobMode, Place, TapeResult } from './driver-state.ts'

/** The second attempt comes at once, as with Amanda. Pause before a third after a `later` fault; it doubles up to the last. Long enough for a restart. */
const RETRY_FIRST_MS = 30_000
const RETRY_LAST_MS = 600_000
/** Before the second attempt and between `now` retries, so that a failure that repeats at once cannot spin. */
const RETRY_NOW_MS = 1_000
/** What the agent may ask for, at most: a run must end. */
const RETRY_ADVICE_MS_MAX = 3_600_000
/** Reserved for a dump whose size nobody knows. */
const UNKNOWN_SIZE_BYTES = 64 * 1024 * 1024
/** Of the estimate: chunk headers, and estimates are a little low while files change. */
const RESERVE_FACTOR = 1.05
/** Faults of a dump on the holding disk that say nothing about the volume. */
export const DUMP_FAULTS: ReadonlySet<string> = new Set(['holding-damaged', 'dump-crc-mismatch', 'file-missing', 'cancelled', 'wire-malformed'])

interface Draft {
  readonly state: DriverState
  readonly jobs: Map<DumpId, Job>
  readonly effects: DriverEffect[]
  readonly transitions: JobTransition[]
  holdingFreeBytes: number
  degraded: FaultFacts | undefined
  stopped: FaultFacts | undefined
}

/** A job that went from one row of the table to another. */
export interface JobTransition {
  readonly from: JobMode
  readonly to: JobMode
}

export interface DriverStep {
  readonly state: DriverState
  readonly effects: readonly DriverEffect[]
  readonly transitions: readonly JobTransition[]
}

/** `nowMs` is monotonic. */
export function driverStep(state: DriverState, event: DriverEvent, nowMs: number): DriverStep {
  const draft: Draft = { state, jobs: new Map(state.jobs), effects: [], transitions: [], holdingFreeBytes: state.holdingFreeBytes, degraded: state.degraded, stopped: state.stopped }
  apply(draft, event, nowMs)
  endWhatCannotGoOn(draft)
  startDumps(draft, nowMs)
  startTape(draft)
  const hasEnded = [...draft.jobs.values()].every(({ mode }) => mode.kind === 'ended')
  if (hasEnded && !state.hasEnded) draft.effects.push({ kind: 'all-ended' })
  const { jobs, effects, transitions, holdingFreeBytes, degraded, stopped } = draft
  return { state: { ...state, jobs, holdingFreeBytes, degraded, stopped, hasEnded }, effects, transitions }
}

function apply(draft: Draft, event: DriverEvent, nowMs: number): void {
  switch (event.kind) {
    case 'started':
    case 'tick':
      return
    case 'holding-free':
      draft.holdingFreeBytes = event.bytes
      return
    case 'progress': {
      const job = draft.jobs.get(event.id)
      if (job?.mode.kind === 'running') setMode(draft, job, { ...job.mode, writtenBytes: event.bytes })
      return
    }
    case 'dump-ended':
      return dumpEnded(draft, event.id, event.result, nowMs)
    case 'tape-ended':
      return tapeEnded(draft, event.id, event.result)
    case 'cancel':
      if (event.ids === undefined) draft.stopped ??= event.fault
      for (const [id, job] of draft.jobs) if (event.ids === undefined || event.ids.includes(id)) cancel(draft, job, event.fault)
      return
  }
}

function setMode(draft: Draft, job: Job, mode: JobMode, changes: Partial<Job> = {}): void {
  draft.jobs.set(job.spec.id, { ...job, ...changes, mode })
  if (mode.kind !== job.mode.kind) draft.transitions.push({ from: job.mode, to: mode })
}

function end(draft: Draft, job: Job, jobEnd: JobEnd): void {
  setMode(draft, job, { kind: 'ended', end: jobEnd })
  draft.effects.push({ kind: 'end-job', id: job.spec.id, end: jobEnd })
}

function cancel(draft: Draft, job: Job, fault: FaultFacts): void {
  switch (job.mode.kind) {
    case 'waiting':
      return endUnstarted(draft, job, fault)
    case 'running':
      if (job.mode.isCancelled) return
      setMode(draft, job, { ...job.mode, isCancelled: true })
      draft.effects.push({ kind: 'abort-dump', id: job.spec.id, fault })
      return
    case 'taping':
      if (draft.stopped !== undefined) draft.effects.push({ kind: 'abort-tape', id: job.spec.id, fault })
      return
    case 'held':
    case 'ended':
  }
}

function degrade(draft: Draft, fault: FaultFacts): void {
  if (draft.degraded !== undefined) return
  draft.degraded = fault
  draft.effects.push({ kind: 'degraded', fault })
}

function dumpEnded(draft: Draft, id: DumpId, result: DumpResult, nowMs: number): void {
  const job = draft.jobs.get(id)
  assert(job?.mode.kind === 'running', `the dump ${id} ended without running`)
  switch (result.kind) {
    case 'held':
      return setMode(draft, job, { kind: 'held', path: result.path, isPartial: false, fault: undefined }, { leftover: undefined })
    case 'taped':
      return end(draft, job, { kind: 'taped', isPartial: false })
    case 'stored':
      return end(draft, job, { kind: 'stored' })
    case 'failed':
      return dumpFailed(draft, job, job.mode, result, nowMs)
  }
}

function dumpFailed(draft: Draft, job: Job, mode: Extract<JobMode, { kind: 'running' }>, result: Extract<DumpResult, { kind: 'failed' }>, nowMs: number): void {
  const { fault, partialPath } = result
  if (result.isVolumeFault === true) degrade(draft, fault)
  const wantsVolume = mode.to === 'holding' && fault.code === 'holding-full' && job.spec.holding === 'auto' && draft.degraded === undefined
  const mayRetry = (fault.retry !== 'never' || result.advice !== undefined || wantsVolume) && job.attempts < (job.spec.tries ?? draft.state.limits.retries + 1) && !mode.isCancelled && draft.stopped === undefined && result.isVolumeFault !== true
  const isHopeless = fault.code === 'holding-full' && !wantsVolume
  if (mayRetry && !isHopeless) {
    const atMs = nowMs + (wantsVolume ? 0 : retryDelayMs(job, fault, result.advice?.delayMs))
    const changes = { level: result.advice?.level ?? job.level, isDirect: job.isDirect || wantsVolume, leftover: partialPath === undefined ? job.leftover : { path: partialPath, isWhole: result.isWhole === true } }
    setMode(draft, job, { kind: 'waiting', notBeforeMs: atMs, reason: 'retry-delay' }, changes)
    draft.effects.push({ kind: 'retry', id: job.spec.id, atMs, fault })
    if (atMs > nowMs) draft.effects.push({ kind: 'wake', atMs })
    return
  }
  const keptPath = partialPath ?? job.leftover?.path
  if (keptPath !== undefined) setMode(draft, job, { kind: 'held', path: keptPath, isPartial: true, fault }, { leftover: undefined })
  else end(draft, job, { kind: 'failed', fault })
}

function retryDelayMs(job: Job, fault: FaultFacts, adviceMs: number | undefined): number {
  if (adviceMs !== undefined) return Math.max(RETRY_NOW_MS, Math.min(adviceMs, RETRY_ADVICE_MS_MAX))
  if (fault.retry === 'now' || job.attempts <= 1) return RETRY_NOW_MS * job.attempts
  return Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** (job.attempts - 2))
}

function tapeEnded(draft: Draft, id: DumpId, result: TapeResult): void {
  const job = draft.jobs.get(id)
  assert(job?.mode.kind === 'taping', `the dump ${id} was taped without being asked for`)
  const { isPartial, fault } = job.mode
  switch (result.kind) {
    case 'taped':
      return end(draft, job, { kind: 'taped', isPartial: isPartial || result.isPartial, ...(fault === undefined ? {} : { fault }) })
    case 'skipped':
      return end(draft, job, { kind: 'held', isPartial, fault: fault ?? { code: 'cancelled', message: result.reason, retry: 'later' } })
    case 'failed':
      end(draft, job, { kind: 'held', isPartial, fault: fault ?? result.fault })
      if (!DUMP_FAULTS.has(result.fault.code)) degrade(draft, result.fault)
  }
}

/** Dumps that wait for something that will not come in this run. */
function endWhatCannotGoOn(draft: Draft): void {
  const { degraded, stopped } = draft
  for (const job of draft.jobs.values()) {
    const { mode } = job
    if (mode.kind === 'held' && (degraded ?? stopped) !== undefined) end(draft, job, { kind: 'held', isPartial: mode.isPartial, ...withFault(mode.fault ?? degraded ?? stopped) })
    else if (mode.kind === 'waiting' && stopped !== undefined) endUnstarted(draft, job, stopped)
    else if (mode.kind === 'waiting' && job.isDirect && degraded !== undefined) endUnstarted(draft, job, degraded)
  }
}

/** A dump that waits and will not be started (again): what an earlier attempt left is all there will be. */
function endUnstarted(draft: Draft, job: Job, fault: FaultFacts): void {
  end(draft, job, job.leftover === undefined ? { kind: 'failed', fault } : { kind: 'held', isPartial: true, fault })
}

function withFault(fault: FaultFacts | undefined): { fault?: FaultFacts } {
  return fault === undefined ? {} : { fault }
}

interface Load {
  readonly running: readonly Job[]
  readonly isVolumeBusy: boolean
  /** Something is on its way that will free room on the holding disk or the volume. */
  readonly willFreeRoom: boolean
  readonly roomBytes: number
}

function loadOf(draft: Draft): Load {
  const jobs = [...draft.jobs.values()]
  const running = jobs.filter(({ mode }) => mode.kind === 'running')
  const isTaping = jobs.some(({ mode }) => mode.kind === 'taping')
  let promised = 0
  for (const { mode } of running) if (mode.kind === 'running' && mode.to === 'holding') promised += Math.max(0, mode.reservedBytes - mode.writtenBytes)
  return {
    running,
    isVolumeBusy: isTaping || running.some(({ mode }) => mode.kind === 'running' && mode.to === 'volume'),
    willFreeRoom: running.length > 0 || isTaping || jobs.some(({ mode }) => mode.kind === 'held'),
    roomBytes: draft.holdingFreeBytes - promised,
  }
}

/** What the dump waits for, or where it goes. */
type Admission = { readonly kind: 'wait'; readonly reason: WaitReason } | { readonly kind: 'go'; readonly to: Place; readonly reservedBytes: number } | { readonly kind: 'never' }

function admit(draft: Draft, job: Job, load: Load): Admission {
  const { spec } = job
  if (load.running.length >= Math.max(1, draft.state.limits.parallelDumps)) return { kind: 'wait', reason: 'all-dumpers-busy' }
  const ofHost = load.running.filter((other) => other.spec.host === spec.host)
  if (ofHost.length >= Math.max(1, spec.maxDumps)) return { kind: 'wait', reason: 'host-busy' }
  if (spec.spindle !== -1 && ofHost.some((other) => other.spec.spindle === spec.spindle)) return { kind: 'wait', reason: 'spindle-busy' }
  if (spec.isForVault === true) return { kind: 'go', to: 'vault', reservedBytes: 0 }
  if (job.isDirect) return toVolume(load)
  const reservedBytes = Math.ceil(spec.estimatedBytes === undefined ? UNKNOWN_SIZE_BYTES : spec.estimatedBytes * RESERVE_FACTOR + 32 * 1024)
  if (reservedBytes <= load.roomBytes) return { kind: 'go', to: 'holding', reservedBytes }
  // Unknown sizes may be small: what room there is may do.
  if (spec.estimatedBytes === undefined && load.roomBytes > 0 && !load.willFreeRoom) return { kind: 'go', to: 'holding', reservedBytes: load.roomBytes }
  if (load.willFreeRoom) return { kind: 'wait', reason: 'no-holding-space' }
  return spec.holding === 'auto' && draft.degraded === undefined ? toVolume(load) : { kind: 'never' }
}

function leftoverOrder({ leftover }: Job): { readonly discard?: string; readonly replaces?: string } {
  if (leftover === undefined) return {}
  return leftover.isWhole ? { replaces: leftover.path } : { discard: leftover.path }
}

function toVolume(load: Load): Admission {
  return load.isVolumeBusy ? { kind: 'wait', reason: 'volume-busy' } : { kind: 'go', to: 'volume', reservedBytes: 0 }
}

function startDumps(draft: Draft, nowMs: number): void {
  if (draft.stopped !== undefined) return
  for (const job of draft.jobs.values()) {
    if (job.mode.kind !== 'waiting' || job.mode.notBeforeMs > nowMs) continue
    const admission = admit(draft, job, loadOf(draft))
    switch (admission.kind) {
      case 'go':
        setMode(draft, job, { kind: 'running', to: admission.to, reservedBytes: admission.reservedBytes, writtenBytes: 0, isCancelled: false }, { attempts: job.attempts + 1, leftover: job.leftover?.isWhole === true ? job.leftover : undefined })
        draft.effects.push({ kind: 'start-dump', id: job.spec.id, level: job.level, attempt: job.attempts + 1, to: admission.to, ...leftoverOrder(job) })
        break
      case 'wait':
        if (job.mode.reason !== admission.reason) {
          setMode(draft, job, { ...job.mode, reason: admission.reason })
          draft.effects.push({ kind: 'waits', id: job.spec.id, reason: admission.reason })
        }
        break
      case 'never':
        endUnstarted(draft, job, { code: 'holding-full', message: `the dump needs about ${job.spec.estimatedBytes ?? 0} bytes and the holding disks have ${draft.holdingFreeBytes}`, retry: 'later' })
    }
  }
}

/** Held dumps go to the volume one at a time, in the order of the jobs; a waiting direct dump takes its turn when none is held. */
function startTape(draft: Draft): void {
  if (draft.degraded !== undefined || draft.stopped !== undefined || loadOf(draft).isVolumeBusy) return
  for (const job of draft.jobs.values()) {
    if (job.mode.kind !== 'held') continue
    const { path, isPartial, fault } = job.mode
    setMode(draft, job, { kind: 'taping', path, isPartial, fault })
    draft.effects.push({ kind: 'start-tape', id: job.spec.id, path })
    return
  }
}
