// What a planner is told and what it answers: which disk is dumped at which level in one run, and why. Pure: no clock, no catalog, no
// network. A planner never fails; what it cannot plan is a skip with its reason.

import type { DumpRecord, RunId } from '../../catalog/contract.ts'
import type { BumpConfig, DiskListEntry } from '../../config/resolved.ts'
import type { FaultCode } from '../../kernel/fault-codes.ts'
import type { RunLogEntry } from '../../wire/amanda/run-log.ts'
import type { ScheduledDumpLine } from '../../wire/amanda/schedule.ts'
import type { ForcedLevel } from '../control/contract.ts'

/** One disk as the planner sees it. */
export interface PlannerDisk {
  readonly entry: DiskListEntry
  /** Complete dumps of the disk, newest run first. */
  readonly history: readonly DumpRecord[]
  /** Bytes the dump would have at each level that was estimated; a level that is not possible is missing. */
  readonly estimates: ReadonlyMap<number, number>
  /** Levels whose base the client does not have: it was set up anew, or another application has dumped the disk until now. */
  readonly impossible?: ReadonlySet<number>
  /** Why the estimate failed, when it did: the disk is planned from its history, or skipped if `isUnreachable`. */
  readonly estimateFault?: { readonly code: FaultCode; readonly message: string; readonly isUnreachable: boolean }
  readonly forced?: ForcedLevel
  /** Its dumps have no levels: each is whole, and what did not change costs a reference. Nothing is estimated. */
  readonly isWhole?: boolean
}

/** What holds for all disks of a run. */
export interface PlannerRules {
  readonly run: RunId
  readonly nowMs: number
  readonly runsPerCycle: number
  readonly dumpCycleDays: number
  readonly bump: BumpConfig
  /** What the volumes of one run hold; undefined: no limit. */
  readonly capacityBytes: number | undefined
}

export interface PlannerInput extends PlannerRules {
  readonly disks: readonly PlannerDisk[]
}

export interface LevelChoice {
  readonly level: number
  /** Run of the dump it builds on; undefined for level 0. */
  readonly baseRun?: RunId
  /** Undefined: nobody can tell. */
  readonly estimatedBytes: number | undefined
  readonly reason: string
}

export interface PlannedDump extends LevelChoice {
  readonly entry: DiskListEntry
  /** Higher goes first. */
  readonly priority: number
  /** KiB a second, by past dumps. */
  readonly rateKib?: number
  /** Instead of a full dump, when no volume can be written; or why there is nothing. */
  readonly degraded?: { readonly level: number; readonly estimatedBytes: number | undefined; readonly rateKib: number } | { readonly message: string }
}

export interface PlannedSkip {
  readonly entry: DiskListEntry
  /** `failed`: it should have been dumped. */
  readonly kind: 'skipped' | 'failed'
  readonly code: FaultCode | 'strategy-skip'
  readonly reason: string
  /** The words of the plan tell of it; left out: they do not. */
  readonly isLogged?: boolean
}

/** What a planner says of itself, in Amanda's words. */
export interface PlanWords {
  /** How each disk's estimate ended, for the trace. */
  readonly results: readonly string[]
  /** What it thinks after that, line by line. */
  readonly trace: readonly string[]
  /** Of the run log. */
  readonly entries: readonly RunLogEntry[]
  readonly schedule: readonly Omit<ScheduledDumpLine, 'features'>[]
}

export interface Plan {
  /** In the order they should start. */
  readonly dumps: readonly PlannedDump[]
  readonly skips: readonly PlannedSkip[]
  /** What an operator should know: fulls that were moved, bumps, guesses. */
  readonly notes: readonly string[]
  /** Instead of the notes, of a planner that speaks Amanda's words. */
  readonly words?: PlanWords
}

export type Planner = (input: PlannerInput) => Plan
