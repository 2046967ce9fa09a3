// Which volumes must be kept: a pure answer from the tapelist and the catalog. A volume is kept when the operator says so, when it is one
// of the newest, or when it holds any part of a dump that is needed. A dump is needed when it is recent, stands on one of the newest
// volumes, is one of the newest fulls of its disk or younger than the oldest of those, or when a needed dump builds on it.

import type { DumpRecord } from '../../catalog/contract.ts'
import type { TapelistEntry } from '../../wire/amanda/tapelist.ts'

/** Part of a `VtapeStorageConfig`. */
export interface RetentionPolicy {
  readonly retainVolumes: number
  readonly retainDays: number
  readonly retainFulls: number
}

export interface RetentionFacts {
  readonly tapelist: readonly TapelistEntry[]
  /** Every dump in the catalog. */
  readonly dumps: readonly DumpRecord[]
  /** Label → ids of the dumps with a part on it. */
  readonly dumpsOnVolume: ReadonlyMap<string, readonly string[]>
  /** The run that is going on; what it writes is never overwritten by itself. */
  readonly run: string
  /** The oldest run that `retainDays` still covers, as a timestamp. */
  readonly keepFrom: string
}

/** Label → why it must not be overwritten. A label that is not in the answer may be. */
export function neededVolumes(facts: RetentionFacts, policy: RetentionPolicy): Map<string, string> {
  const kept = new Map<string, string>()
  const keep = (label: string, reason: string): void => {
    if (!kept.has(label)) kept.set(label, reason)
  }
  const written = facts.tapelist.filter(({ datestamp }) => datestamp !== '0').toSorted((a, b) => (a.datestamp < b.datestamp ? 1 : a.datestamp > b.datestamp ? -1 : 0))
  for (const { label, isReusable } of facts.tapelist) if (!isReusable) keep(label, 'it is marked no-reuse')
  for (const { label, datestamp } of written) if (datestamp >= facts.run) keep(label, 'it was written in this run')
  for (const { label } of written.slice(0, policy.retainVolumes)) keep(label, `it is one of the ${policy.retainVolumes} newest volumes`)
  if (policy.retainDays > 0) for (const { label, datestamp } of written) if (datestamp >= facts.keepFrom) keep(label, `it was written in the last ${policy.retainDays} days`)

  const needed = neededDumps(facts, policy, kept)
  for (const [label, ids] of facts.dumpsOnVolume) {
    const why = ids.map((id) => needed.get(id)).find((reason) => reason !== undefined)
    if (why !== undefined) keep(label, why)
  }
  return kept
}

function neededDumps(facts: RetentionFacts, policy: RetentionPolicy, kept: ReadonlyMap<string, string>): Map<string, string> {
  const taped = new Set([...facts.dumpsOnVolume.values()].flat())
  const byDisk = new Map<string, DumpRecord[]>()
  for (const dump of facts.dumps) {
    if (!taped.has(dump.id)) continue
    const key = JSON.stringify([dump.host, dump.disk])
    const list = byDisk.get(key)
    if (list === undefined) byDisk.set(key, [dump])
    else list.push(dump)
  }
  const onKept = new Set([...kept.keys()].flatMap((label) => facts.dumpsOnVolume.get(label) ?? []))
  const needed = new Map<string, string>()
  for (const dumps of byDisk.values()) {
    dumps.sort((a, b) => (a.run < b.run ? -1 : a.run > b.run ? 1 : a.level - b.level))
    const fulls = dumps.filter((dump) => dump.level === 0 && dump.status === 'complete')
    const oldestFull = policy.retainFulls > 0 ? (fulls.at(-policy.retainFulls) ?? fulls[0]) : undefined
    for (const dump of dumps) {
      const isSinceFull = oldestFull !== undefined && dump.run >= oldestFull.run && dump.status === 'complete'
      if (!isSinceFull && !onKept.has(dump.id)) continue
      const name = `${dump.host} ${dump.disk} level ${dump.level} of ${dump.run}`
      // The walk stops at a dump that is marked already: its bases are too.
      for (let at: DumpRecord | undefined = dump; at !== undefined && !needed.has(at.id); at = baseOf(at, dumps)) {
        needed.set(at.id, at === dump ? `${name} must be kept` : `${name} builds on what it holds`)
      }
    }
  }
  return needed
}

/** The dump that `dump` builds on; after a rebuild of the catalog, when that is not recorded, the newest one of a lower level before it. */
function baseOf(dump: DumpRecord, dumps: readonly DumpRecord[]): DumpRecord | undefined {
  if (dump.level === 0) return undefined
  const before = dumps.filter((other) => other.status === 'complete' && other.level < dump.level && other.run <= dump.run && other.id !== dump.id)
  return before.findLast((other) => other.run === dump.baseRun) ?? before.findLast((other) => other.run < dump.run)
}
