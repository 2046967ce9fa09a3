// Why a volume of an Amanda configuration is kept, or that it is not: the word that stock's `amtape inventory` and `amadmin retention` print. A pure answer from the
// tapelist, the policies of the storages, and the dumps on the volumes.

import type { TapelistEntry } from '../../../wire/amanda/tapelist.ts'

export type RetentionStatus = 'no-reuse' | 'other config' | 'retention-tapes' | 'retention-days' | 'retention-recover' | 'retention-full' | 'retention-no'

export interface VolumeRetentionPolicy {
  /** The pool of the storage. */
  readonly pool: string
  readonly tapes: number
  readonly days: number
  readonly recoverDays: number
  readonly fullDays: number
}

/** A dump of which a part lies on a volume. */
export interface DumpOnVolume {
  readonly host: string
  readonly disk: string
  readonly level: number
  readonly timestamp: string
  readonly labels: readonly string[]
}

export interface RetentionFacts {
  readonly tapelist: readonly TapelistEntry[]
  readonly config: string
  /** By the name of the storage. */
  readonly policies: ReadonlyMap<string, VolumeRetentionPolicy>
  readonly dumps: readonly DumpOnVolume[]
  /** The timestamp of a number of days ago. */
  readonly daysAgo: (days: number) => string
}

/** 8 digits and 14 are compared as if the shorter had been written at midnight. */
function whole(timestamp: string): string {
  return timestamp.padEnd(14, '0')
}

function keptByDumps(facts: RetentionFacts, { recoverDays, fullDays }: VolumeRetentionPolicy): Map<string, RetentionStatus> {
  const kept = new Map<string, RetentionStatus>()
  const keep = (dump: DumpOnVolume, status: RetentionStatus): void => {
    for (const label of dump.labels) if (!kept.has(label)) kept.set(label, status)
  }
  if (recoverDays > 0) for (const dump of neededSince(facts.dumps, whole(facts.daysAgo(recoverDays)))) keep(dump, 'retention-recover')
  if (fullDays > 0) for (const dump of facts.dumps) if (dump.level === 0 && whole(dump.timestamp) >= whole(facts.daysAgo(fullDays))) keep(dump, 'retention-full')
  return kept
}

/** The dumps from which each disk can be given back as it was at any time since `from`. */
function neededSince(dumps: readonly DumpOnVolume[], from: string): Set<DumpOnVolume> {
  const needed = new Set<DumpOnVolume>()
  const disks = Map.groupBy(dumps, ({ host, disk }) => JSON.stringify([host, disk]))
  for (const ofDisk of disks.values()) {
    // Down from the newest: above a base only what is at least that old is of use to nobody younger.
    let level = Number.POSITIVE_INFINITY
    for (const dump of ofDisk.toSorted((a, b) => (whole(a.timestamp) < whole(b.timestamp) ? 1 : -1))) {
      const isRecent = whole(dump.timestamp) >= from
      if (!isRecent && dump.level >= level) continue
      needed.add(dump)
      level = isRecent ? Math.min(level, dump.level + 1) : dump.level
      if (!isRecent && level === 0) break
    }
  }
  return needed
}

/** Label → why it is kept. */
export function retentionStatuses(facts: RetentionFacts): Map<string, RetentionStatus> {
  const statuses = new Map<string, RetentionStatus>()
  const counts = new Map<string, number>()
  const byDumps = new Map([...facts.policies].map(([storage, policy]) => [storage, keptByDumps(facts, policy)]))
  const newestFirst = facts.tapelist.toSorted((a, b) => (whole(a.datestamp) < whole(b.datestamp) ? 1 : whole(a.datestamp) > whole(b.datestamp) ? -1 : 0))
  for (const { label, datestamp, isReusable, config, storage, pool } of newestFirst) {
    const policy = storage === undefined ? undefined : facts.policies.get(storage)
    const status = ((): RetentionStatus => {
      if (config !== undefined && config !== facts.config) return 'other config'
      if (!isReusable) return 'no-reuse'
      // A volume that has gone to another pool is no longer one of those that the policy counts.
      if (datestamp === '0' || policy === undefined || storage === undefined || (pool !== undefined && pool !== policy.pool)) return 'retention-no'
      const count = (counts.get(storage) ?? 0) + 1
      counts.set(storage, count)
      if (count <= policy.tapes) return 'retention-tapes'
      if (policy.days > 0 && whole(datestamp) >= whole(facts.daysAgo(policy.days))) return 'retention-days'
      return byDumps.get(storage)?.get(label) ?? 'retention-no'
    })()
    statuses.set(label, status)
  }
  return statuses
}
