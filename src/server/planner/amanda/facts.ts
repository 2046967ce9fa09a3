// What Amanda's planner is told: the configuration's settings that it reads, the disks with their memory, the volumes, the hour. Plain
// values, from whatever configuration they come; sizes in KiB of 1024 bytes, as Amanda counts them.

import type { DiskInfo } from '../../../wire/amanda/curinfo.ts'
import type { TapelistEntry } from '../../../wire/amanda/tapelist.ts'

export type Strategy = 'standard' | 'nofull' | 'noinc' | 'incronly'

/** One entry of the disklist that is neither ignored nor of strategy skip. */
export interface DleFacts {
  readonly host: string
  readonly disk: string
  /** 0 low, 1 medium, 2 high. */
  readonly priority: number
  readonly strategy: Strategy
  readonly dumpCycleDays: number
  /** A full dump is not made more than so many days early. */
  readonly maxPromoteDay: number
  readonly bump: { readonly days: number; readonly kib: number; readonly percent: number; readonly multiplier: number }
  /** Ratios that are expected of full dumps and of incrementals while nothing is known; undefined: nothing is compressed. */
  readonly expectedRatios: { readonly full: number; readonly incremental: number } | undefined
  readonly isFullSkipped: boolean
  readonly isIncrementalSkipped: boolean
  /** May lie on several volumes. */
  readonly isSplit: boolean
  /** The highest level that its program makes. */
  readonly levelMax: number
}

export interface CycleFacts {
  readonly dumpCycleDays: number
  /** At least 1. */
  readonly runsPerCycle: number
  readonly runTapes: number
  /** Of one volume; Infinity: no limit. */
  readonly tapeKib: number
  readonly filemarkKib: number
  readonly blockKib: number
  /** What a run may write, if the configuration says so; otherwise what its volumes hold. */
  readonly maxDumpKib: number | undefined
  /** False: what the volumes have no room for may wait on the holding disk, so nothing is left out for it. */
  readonly mustFit: boolean
}

export interface DiskFacts {
  readonly dle: DleFacts
  /** Undefined: the disk is new. */
  readonly info: DiskInfo | undefined
}

export interface TapeFacts {
  /** Newest first. */
  readonly tapelist: readonly TapelistEntry[]
  /** Volumes that are kept from being overwritten: of `tapecycle N`, N − 1. */
  readonly retainedTapes: number
}

export interface PlannerFacts {
  /** Of the run, 14 digits. */
  readonly datestamp: string
  readonly nowS: number
  readonly cycle: CycleFacts
  /** Undefined: no volume is ever overwritten without somebody having said so. */
  readonly tapes: TapeFacts | undefined
  readonly disks: readonly DiskFacts[]
}

/** A dump and what tells it from the others. */
export function nameOf({ host, disk }: { readonly host: string; readonly disk: string }): string {
  return `${host}:${disk}`
}
