// The driver's jobs and what happens to them, as values. One job is one dump of the run, or a dump of an earlier run that waits on the
// holding disk. The table of modes stands in driver-step.ts.

import type { DumpId } from '../../catalog/contract.ts'
import type { Retry } from '../../kernel/fault.ts'
import type { HoldingDiskRoom, HoldingPiece } from '../../storage/holding/contract.ts'
import type { WaitReason } from '../control/contract.ts'
import type { FlushRules } from './flush-rules.ts'

export interface DriverLimits {
  readonly parallelDumps: number
  /** Further attempts after the first. */
  readonly retries: number
  /** A letter for each dumper (start-order.ts); left out: dumps start in the order of the jobs. */
  readonly dumpOrder?: string
  /** KiB a second that dumps over an interface may take together; one that is not named has no limit. */
  readonly interfaces?: ReadonlyMap<string, number>
  /**
   * When no volume can be written: full dumps may take what is left of the holding disks after this share, in percent. Left out: all that
   * there is room for.
   */
  readonly reservePercent?: number
  /** Left out: whatever is held is written at once, first come first. */
  readonly flush?: FlushRules
  /** What one volume holds; left out: nobody can tell. */
  readonly volumeBytes?: number
  /** Volumes that may be begun; left out: the taper says when there are no more. */
  readonly volumesPerRun?: number
}

/** A Fault as a value. */
export interface FaultFacts {
  readonly code: string
  readonly message: string
  readonly retry: Retry
}

/** What is done instead of a full dump when no volume can be written, or why nothing is. */
export type DegradedChoice = { readonly level: number; readonly estimatedBytes: number | undefined; readonly rateKib?: number } | { readonly message: string }

export interface JobSpec {
  readonly id: DumpId
  readonly host: string
  readonly spindle: number
  readonly maxDumps: number
  readonly holding: 'never' | 'auto' | 'required'
  readonly level: number
  /** What will be stored, as far as anybody can tell. */
  readonly estimatedBytes: number | undefined
  /** Higher goes first; left out: 0. */
  readonly priority?: number
  /** KiB a second, by past dumps. */
  readonly rateKib?: number
  /** Not started before this monotonic time. */
  readonly notBeforeMs?: number
  /** Of `DriverLimits.interfaces`. */
  readonly interface?: string
  /** Its own number of further attempts. */
  readonly retries?: number
  readonly degraded?: DegradedChoice
  /** Straight into the vault: neither the holding disk nor a volume is needed. */
  readonly isForVault?: boolean
}

/** Where a dump's bytes go. */
export type Place = 'holding' | 'volume' | 'vault'

export type JobEnd =
  | { readonly kind: 'taped'; readonly isPartial: boolean; readonly fault?: FaultFacts }
  /** Safe on the holding disk; `fault` says why it is not on a volume, or why the dump is only partial; `note`, why it was left there on purpose. */
  | { readonly kind: 'held'; readonly isPartial: boolean; readonly fault?: FaultFacts; readonly note?: string }
  /** Whole in the vault. */
  | { readonly kind: 'stored' }
  | { readonly kind: 'failed'; readonly fault: FaultFacts }

/** On the holding disk. */
export interface HeldFacts {
  readonly path: string
  readonly bytes: number
  /** Grows with each dump that comes to be held. */
  readonly turn: number
  readonly isPartial: boolean
  readonly fault: FaultFacts | undefined
}

export interface RunningFacts {
  readonly to: Place
  /** Counts from 0. */
  readonly dumper: number
  /** What it may take on the holding disks. */
  readonly pieces: readonly HoldingPiece[]
  /** All pieces have been taken since this turn, and it wants more. */
  readonly wantsRoomSince: number | undefined
  /** It was refused more room. */
  readonly isRefused: boolean
  readonly isCancelled: boolean
}

export type JobMode =
  | { readonly kind: 'waiting'; readonly notBeforeMs: number; readonly reason: WaitReason | undefined }
  | ({ readonly kind: 'running' } & RunningFacts)
  | ({ readonly kind: 'held' } & HeldFacts)
  | ({ readonly kind: 'taping' } & HeldFacts)
  | { readonly kind: 'ended'; readonly end: JobEnd }

export interface Job {
  readonly spec: JobSpec
  readonly mode: JobMode
  /** Level of the next or running attempt. */
  readonly level: number
  /** Of that level; grows when a dump turns out larger. */
  readonly estimatedBytes: number | undefined
  readonly rateKib: number | undefined
  /** Attempts begun. */
  readonly attempts: number
  /** The holding disk had no room: the next attempt goes straight to a volume. */
  readonly isDirect: boolean
  /** What an earlier attempt left on the holding disk. */
  readonly leftover: string | undefined
}

export interface DriverState {
  readonly limits: DriverLimits
  /** In the order they should start. */
  readonly jobs: ReadonlyMap<DumpId, Job>
  /** What the holding disks said last. */
  readonly disks: readonly HoldingDiskRoom[]
  /** What they could take at the beginning, all together. */
  readonly holdingTotalBytes: number
  /** The volume that is being filled; undefined: none is begun. `leftBytes` undefined: nobody can tell. */
  readonly volume: { readonly leftBytes: number | undefined } | undefined
  readonly volumesStarted: number
  /** Given to whatever waits in a queue, so that first come is first served. */
  readonly nextTurn: number
  /** Set once volumes cannot be written any more in this run. */
  readonly degraded: FaultFacts | undefined
  /** Set once everything was cancelled: nothing is begun any more. */
  readonly stopped: FaultFacts | undefined
  readonly hasEnded: boolean
}

export type DumpResult =
  | { readonly kind: 'held'; readonly path: string; readonly bytes?: number }
  | { readonly kind: 'taped' }
  | { readonly kind: 'stored' }
  /** `partialPath`: what arrived and was kept. `advice`: what the agent asked for. */
  | { readonly kind: 'failed'; readonly fault: FaultFacts; readonly partialPath?: string; readonly advice?: { readonly delayMs?: number; readonly level?: number }; readonly isVolumeFault?: boolean }

export type TapeResult =
  | { readonly kind: 'taped'; readonly isPartial: boolean }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly fault: FaultFacts }

/** What becomes of the volume that is being filled. */
export type VolumeNews = { readonly kind: 'volume-started' } | { readonly kind: 'volume-filled'; readonly bytes: number } | { readonly kind: 'volume-ended' }

export type DriverEvent =
  | { readonly kind: 'started' }
  /** Time has passed. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'holding-room'; readonly disks: readonly HoldingDiskRoom[] }
  /** A running dump has used all it was given on the holding disks. */
  | { readonly kind: 'room-wanted'; readonly id: DumpId }
  | { readonly kind: 'dump-ended'; readonly id: DumpId; readonly result: DumpResult }
  | { readonly kind: 'tape-ended'; readonly id: DumpId; readonly result: TapeResult }
  | VolumeNews
  /** `ids` undefined: everything, and nothing is begun any more. */
  | { readonly kind: 'cancel'; readonly ids?: readonly DumpId[]; readonly fault: FaultFacts }

export type DriverEffect =
  /** `discard`: remove what an earlier attempt left, then dump. */
  | { readonly kind: 'start-dump'; readonly id: DumpId; readonly level: number; readonly attempt: number; readonly to: Place; readonly dumper: number; readonly pieces: readonly HoldingPiece[]; readonly discard?: string }
  | { readonly kind: 'abort-dump'; readonly id: DumpId; readonly fault: FaultFacts }
  | { readonly kind: 'give-room'; readonly id: DumpId; readonly pieces: readonly HoldingPiece[] }
  | { readonly kind: 'refuse-room'; readonly id: DumpId; readonly fault: FaultFacts }
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

export interface HeldJob {
  readonly spec: JobSpec
  readonly path: string
  readonly isPartial: boolean
}

export function initialDriverState(limits: DriverLimits, jobs: readonly JobSpec[], held: readonly HeldJob[], disks: readonly HoldingDiskRoom[]): DriverState {
  const begun = (spec: JobSpec): Pick<Job, 'spec' | 'level' | 'estimatedBytes' | 'rateKib' | 'attempts' | 'leftover'> => ({ spec, level: spec.level, estimatedBytes: spec.estimatedBytes, rateKib: spec.rateKib, attempts: 0, leftover: undefined })
  const waiting = jobs.map((spec): [DumpId, Job] => [spec.id, { ...begun(spec), mode: { kind: 'waiting', notBeforeMs: spec.notBeforeMs ?? 0, reason: undefined }, isDirect: spec.holding === 'never' }])
  const flushed = held.map(({ spec, path, isPartial }, turn): [DumpId, Job] => [spec.id, { ...begun(spec), mode: { kind: 'held', path, bytes: spec.estimatedBytes ?? 0, turn, isPartial, fault: undefined }, isDirect: false }])
  return {
    limits,
    jobs: new Map([...flushed, ...waiting]),
    disks,
    holdingTotalBytes: disks.reduce((sum, { availableBytes }) => sum + Math.max(0, availableBytes), 0),
    volume: undefined,
    volumesStarted: 0,
    nextTurn: held.length,
    degraded: undefined,
    stopped: undefined,
    hasEnded: false,
  }
}
