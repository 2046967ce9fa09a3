// What the next run writes over, and whether something goes with it of which there is no other copy.

import type { DumpRecord } from '../../../catalog/contract.ts'
import type { CheckFinding } from '../../control/contract.ts'
import { fullsOf, type ConfigCheck, type ConfigFacts, type NextVolume } from './facts.ts'

const NAMES_MAX = 20

function nameOf({ host, disk, run }: DumpRecord): string {
  return `${host} ${disk}, full of ${run}`
}

function onlyFulls(facts: ConfigFacts, volumes: readonly NextVolume[]): DumpRecord[] {
  const lost = new Map(volumes.flatMap(({ dumps }) => dumps).map((dump) => [dump.id, dump]))
  return [...lost.values()].filter((dump) => dump.level === 0 && dump.status === 'complete' && fullsOf(facts, dump).every(({ id }) => lost.has(id)))
}

export const volumesNext: ConfigCheck = (facts) => {
  const reused = facts.nextVolumes.filter(({ kind }) => kind === 'reused')
  const only = onlyFulls(facts, reused)
  const findings: CheckFinding[] = reused.slice(0, 1).map(({ label, slot, dumps }) => ({
    severity: 'note', code: 'volume-next', message: `the next run begins with volume ${label} in slot ${slot} and writes over ${dumps.length} dumps, the newest of run ${dumps.map(({ run }) => run).toSorted().at(-1) ?? 'none'}`, next: 'Nothing, unless something on it is still wanted: then restore it first, or keep more (`keep` of the storage).',
  }))
  if (only.length > 0) findings.push({ severity: 'error', code: 'volume-only-full', message: `the volumes that the next run may write over (${reused.map(({ label }) => label).join(', ')}) hold the only full dump of ${only.length} disks`, next: 'Make a full dump of each of them first, or mark the volumes no-reuse in the tapelist.', details: only.slice(0, NAMES_MAX).map(nameOf) })
  return findings
}
