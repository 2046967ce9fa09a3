// Whether what is kept covers a dump cycle, and whether there are slots enough for what must be kept.

import type { CheckFinding } from '../../control/contract.ts'
import { hasCycle, runsWithin, wantedDisks, type ConfigCheck, type ConfigFacts } from './facts.ts'

/** With one full kept, its successor frees everything before it: nothing older than a day may be left. */
export const retentionShort: ConfigCheck = (facts) => {
  const { storage } = facts.config
  if (storage.kind === 'vault') return []
  const cycle = Math.max(0, ...wantedDisks(facts).filter(hasCycle).map(({ dumpCycleDays }) => dumpCycleDays))
  if (storage.retainFulls > 1 || storage.retainDays >= cycle) return []
  return [{
    severity: 'warning', code: 'keep-under-cycle',
    message: `volumes are kept for ${storage.retainDays} d and one full of each disk, and the dump cycle is ${cycle} d: once a new full is made, all that is older may be written over`,
    next: `Set \`keep: {days: ${2 * cycle}}\` or \`keep: {fulls: 2}\` of the storage.`,
  }]
}

/** Volumes that one run takes: at least one, since each run begins a new one. */
function volumesPerRun({ dumps }: ConfigFacts, volumeBytes: number): number {
  const runs = new Map<string, number>()
  for (const { run, status, storedBytes } of dumps) if (status === 'complete') runs.set(run, (runs.get(run) ?? 0) + storedBytes)
  if (runs.size === 0) return 1
  const mean = [...runs.values()].reduce((sum, bytes) => sum + bytes, 0) / runs.size
  return Math.max(1, Math.ceil(mean / volumeBytes))
}

export const slotsFew: ConfigCheck = (facts): readonly CheckFinding[] => {
  const { storage } = facts.config
  if (storage.kind === 'vault') return []
  const cycle = Math.max(0, ...wantedDisks(facts).filter(hasCycle).map(({ dumpCycleDays }) => dumpCycleDays))
  const days = Math.max(storage.retainDays, storage.retainFulls * cycle)
  const perRun = volumesPerRun(facts, storage.volumeBytes)
  const needed = Math.max(storage.retainVolumes, runsWithin(facts, days) * perRun) + perRun
  if (needed <= storage.slotCount) return []
  return [{
    severity: 'warning', code: 'slots-few',
    message: `what is kept (${days} d) takes about ${needed} volumes with the one to write next, and the storage has ${storage.slotCount} slots: runs will find no volume`,
    next: 'Add slots, keep less, or make runs rarer.',
  }]
}
