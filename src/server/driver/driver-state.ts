// The driver's jobs and what happens to them, as values. One job is one dump of the run, or a dump of an earlier run that waits on the
// holding disk. The table of modes stands in driver-step.ts.

import type { DumpId } from '../../catalog/contract.ts'
import type { Retry } from '../../kernel/fault.ts'
import type { WaitReason } from '../control/contract.ts'

export interface DriverLimits {
  readonly parallelDumps: number
  /** Further attempts after the first. */
  readonly retries: number
}

/** A Fault as a value. */
export interface FaultFacts {
  readonly code: string
  readonly message: string
  readonly retry: Retry
}

export interface JobSpec {
  readonly id: DumpId
  readonly host: string
  readonly spindle: number
  readonly maxDumps: number
  /** Attempts there may be; left out: as the limits say. */
  readonly tries?: number
  readonly holding: 'never' | 'auto' | 'required'
  readonly level: number
  /** What will be stored, as far as anybody can tell. */
  readonly estimatedBytes: number | undefined
  /** Straight into the vault: neither the holding disk nor a volume is needed. */
  readonly isForVault?: boolean
}

/** Where a dump's bytes go. */
export type Place = 'holding' | 'volume' | 'vault'

export type JobEnd =
  | { readonly kind: 'taped'; readonly isPartial: boolean; readonly fault?: FaultFacts }
  /** Safe on the holding disk; `fault` says why it is not on a volume, or why the dump is only partial. */
  | { readonly kind: 'held'; readonly isPartial: boolean; readonly fault?: FaultFacts }
  /** Whole in the vault. */
  | { readonly kind: 'stored' }
  | { readonly kind: 'failed'; readonly fault: FaultFacts }

export type JobMode =
  | { readonly kind: 'waiting'; readonly notBeforeMs: number; readonly reason: WaitReason | undefined }
  | { readonly kind: 'running'; readonly to: Place; readonly reservedBytes: number; readonly writtenBytes: number; readonly isCancelled: boolean }
  | { readonly kind: 'held'; readonly path: string; readonly isPartial: boolean; readonly fault: FaultFacts | undefined }
  | { readonly kind: 'taping'; readonly path: string; readonly isPartial: boolean; readonly fault: FaultFacts | undefined }
  | { readonly kind: 'ended'; readonly end: JobEnd }

export interface Leftover {
  readonly path: string
  readonly isWhole: boolean
}

export interface Job {
  readonly spec: JobSpec
  readonly mode: JobMode
  /** Level of the next or running attempt. */
  readonly level: number
  /** Attempts begun. */
  readonly attempts: number
  /** The holding disk had no room: the next attempt goes straight to a volume. */
  readonly isDirect: boolean
  /** What an earlier attempt left on the holding disk. What is whole stays until another attempt is good. */
  readonly leftover: Leftover | undefined
}

export interface DriverState {
  readonly limits: DriverLimits
  /** In the order they should start. */
  readonly jobs: ReadonlyMap<DumpId, Job>
  /** What the holding disks said last; running dumps have been counted in it. */
  readonly holdingFreeBytes: number
  /** Set once volumes cannot be written any more in this run. */
  readonly degraded: FaultFacts | undefined
  /** Set once everything was cancelled: nothing is begun any more. */
  readonly stopped: FaultFacts | undefined
  readonly hasEnded: boolean
}

export type DumpResult =
  | { readonly kind: 'held'; readonly path: string }
  | { readonly kind: 'taped' }
  | { readonly kind: 'stored' }
  /** `partialPath`: what arrived and was kept. `advice`: what the agent asked for. */
  | { readonly kind: 'failed'; readonly fault: FaultFacts; readonly partialPath?: string; /** All of the archive is in it. */ readonly isWhole?: boolean; readonly advice?: { readonly delayMs?: number; readonly level?: number }; readonly isVolumeFault?: boolean }

export type TapeResult =
  | { readonly kind: 'taped'; readonly isPartial: boolean }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly fault: FaultFacts }

export type DriverEvent =
  | { readonly kind: 'started' }
  /** Time has passed. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'holding-free'; readonly bytes: number }
  | { readonly kind: 'progress'; readonly id: DumpId; readonly bytes: number }
  | { readonly kind: 'dump-ended'; readonly id: DumpId; readonly result: DumpResult }
  | { readonly kind: 'tape-ended'; readonly id: DumpId; readonly result: TapeResult }
  /** `ids` undefined: everything, and nothing is begun any more. */
  | { readonly kind: 'cancel'; readonly ids?: readonly DumpId[]; readonly fault: FaultFacts }

export type DriverEffect =
  /** `discard`: remove what an earlier attempt left, then dump. `replaces`: it is whole, and goes only when this one is good. */
  | { readonly kind: 'start-dump'; readonly id: DumpId; readonly level: number; readonly attempt: number; readonly to: Place; readonly discard?: string; readonly replaces?: string }
  | { readonly kind: 'abort-dump'; readonly id: DumpId; readonly fault: FaultFacts }
  | { readonly kind: 'start-tape'; readonly id: DumpId; readonly path: string }
  | { readonly kind: 'abort-tape'; readonly id: DumpId; readonly fault: FaultFacts }
  | { readonly kind: 'wake'; readonly atMs: number }
  /** The dump waits, for a reason that has changed. */
  | { readonly kind: 'waits'; readonly id: DumpId; readonly reason: WaitReason }
  /** Another attempt follows. */
  | { readonly kind: 'retry'; readonly id: DumpId; readonly atMs: number; readonly fault: FaultFacts }
  | { readonly kind: 'end-job'; readonly id: DumpId; readonly end: JobEnd }
  | { readonly kind: 'degraded'; readonly fault: FaultFacts }
  | { readonly kind: 'all-ended' }

export function initialDriverState(limits: DriverLimits, jobs: readonly JobSpec[], held: readonly { readonly spec: JobSpec; readonly path: string; readonly isPartial: boolean }[], holdingFreeBytes: number): DriverState {
  const waiting = jobs.map((spec): [DumpId, Job] => [
    spec.id,
    { spec, mode: { kind: 'waiting', notBeforeMs: 0, reason: undefined }, level: spec.level, attempts: 0, isDirect: spec.holding === 'never', leftover: undefined },
  ])
  const flushed = held.map(({ spec, path, isPartial }): [DumpId, Job] => [
    spec.id,
    { spec, mode: { kind: 'held', path, isPartial, fault: undefined }, level: spec.level, attempts: 0, isDirect: false, leftover: undefined },
  ])
  return { limits, jobs: new Map([...flushed, ...waiting]), holdingFreeBytes, degraded: undefined, stopped: undefined, hasEnded: false }
}
