// What the checks of a configuration look at: the configuration, what the catalog remembers and what is known of agents. Gathered once;
// the checks are pure functions of it, a file each.

import type { DumpRecord, RunRecord } from '../../../catalog/contract.ts'
import type { DiskListEntry, ResolvedConfig } from '../../../config/resolved.ts'
import { DAY_MS } from '../../../config/units.ts'
import type { CheckFinding } from '../../control/contract.ts'
import { nextRunMs } from '../../schedule/next-run.ts'
import type { VolumeForecast } from '../../taper/contract.ts'

export interface AgentFacts {
  readonly host: string
  /** Undefined: no server runs that could say. */
  readonly isConnected?: boolean
  readonly lastSeenMs?: number
  /** Undefined while it is not connected. */
  readonly version?: string
  /** When the key that is in use was enrolled. */
  readonly keySinceMs?: number
  /** When a new key was asked for that has not been used yet. */
  readonly renewalAskedMs?: number
}

/** A volume that the next run writes, with the dumps that are on it now. */
export interface NextVolume extends VolumeForecast {
  readonly dumps: readonly DumpRecord[]
}

export type DumpsByDisk = ReadonlyMap<string, readonly DumpRecord[]>

function diskKey({ host, disk }: DiskName): string {
  return JSON.stringify([host, disk])
}

/** Once for all checks: there may be many thousand dumps, and hundreds of disks that ask for theirs. */
export function groupByDisk(dumps: readonly DumpRecord[]): DumpsByDisk {
  return Map.groupBy(dumps, diskKey)
}

interface DiskName {
  readonly host: string
  readonly disk: string
}

export interface ConfigFacts {
  readonly config: ResolvedConfig
  readonly nowMs: number
  /** Of this server. */
  readonly version: string
  /** Every dump in the catalog, newest run first; `dumpsByDisk` has the same by disk. */
  readonly dumps: readonly DumpRecord[]
  readonly dumpsByDisk: DumpsByDisk
  readonly runs: readonly RunRecord[]
  readonly agents: readonly AgentFacts[]
  readonly nextVolumes: readonly NextVolume[]
  /** What the holding disks could take if they were empty. */
  readonly holdingBytes: number
}

export type ConfigCheck = (facts: ConfigFacts) => readonly CheckFinding[]

/** Disks that are to be dumped. */
export function wantedDisks({ config }: ConfigFacts): readonly DiskListEntry[] {
  return config.disklist.filter(({ strategy }) => strategy !== 'skip')
}

/** Dumps of one disk, newest first. */
export function dumpsOf({ dumpsByDisk }: ConfigFacts, disk: DiskName): readonly DumpRecord[] {
  return dumpsByDisk.get(diskKey(disk)) ?? []
}

export function fullsOf(facts: ConfigFacts, disk: DiskName): readonly DumpRecord[] {
  return dumpsOf(facts, disk).filter(({ level, status }) => level === 0 && status === 'complete')
}

/** Whether fulls of the disk come by the dump cycle. */
export function hasCycle({ strategy, record, application }: DiskListEntry): boolean {
  return strategy === 'standard' && record && application.name !== 'command'
}

/** Runs that are counted at most: a schedule of every minute is a mistake, and its runs need not be counted to the end. */
const RUNS_MAX = 2000

/** Runs within `days` from now: by the schedule, or by `runs-per-cycle` when runs start by hand. */
export function runsWithin({ config, nowMs }: ConfigFacts, days: number): number {
  const { cron, timezone } = config.schedule
  if (cron === undefined) return Math.ceil((days * config.runsPerCycle) / Math.max(1, config.dumpCycleDays))
  let count = 0
  for (let at = nextRunMs(cron, timezone, nowMs); at !== undefined && at <= nowMs + days * DAY_MS && count < RUNS_MAX; at = nextRunMs(cron, timezone, at)) count++
  return count
}
