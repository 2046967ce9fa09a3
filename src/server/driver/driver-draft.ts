// One step of the driver while it is worked out: the state that will be, and what is to be done. Only the files of the driver's step use it.

import type { DumpId } from '../../catalog/contract.ts'
import type { HoldingDiskRoom } from '../../storage/holding/contract.ts'
import type { DriverEffect, DriverState, FaultFacts, Job, JobEnd, JobMode } from './driver-state.ts'

/** A job that went from one row of the table to another. */
export interface JobTransition {
  readonly from: JobMode
  readonly to: JobMode
}

export interface Draft {
  readonly state: DriverState
  readonly jobs: Map<DumpId, Job>
  readonly effects: DriverEffect[]
  readonly transitions: JobTransition[]
  disks: readonly HoldingDiskRoom[]
  volume: DriverState['volume']
  volumesStarted: number
  nextTurn: number
  degraded: FaultFacts | undefined
  stopped: FaultFacts | undefined
}

export function draftOf(state: DriverState): Draft {
  const { disks, volume, volumesStarted, nextTurn, degraded, stopped } = state
  return { state, jobs: new Map(state.jobs), effects: [], transitions: [], disks, volume, volumesStarted, nextTurn, degraded, stopped }
}

export function setMode(draft: Draft, job: Job, mode: JobMode, changes: Partial<Job> = {}): void {
  draft.jobs.set(job.spec.id, { ...job, ...changes, mode })
  if (job.mode.kind !== mode.kind) draft.transitions.push({ from: job.mode, to: mode })
}

export function endJob(draft: Draft, job: Job, end: JobEnd): void {
  setMode(draft, job, { kind: 'ended', end })
  draft.effects.push({ kind: 'end-job', id: job.spec.id, end })
}

/** A dump that waits and will not be started (again): what an earlier attempt left is all there will be. */
export function endUnstarted(draft: Draft, job: Job, fault: FaultFacts): void {
  endJob(draft, job, job.leftover === undefined ? { kind: 'failed', fault } : { kind: 'held', isPartial: true, fault })
}

export function withFault(fault: FaultFacts | undefined): { fault?: FaultFacts } {
  return fault === undefined ? {} : { fault }
}

export function jobsIn<Kind extends JobMode['kind']>(draft: Draft, kind: Kind): (Job & { readonly mode: Extract<JobMode, { kind: Kind }> })[] {
  return [...draft.jobs.values()].filter((job): job is Job & { readonly mode: Extract<JobMode, { kind: Kind }> } => job.mode.kind === kind)
}
