// Disks whose newest dump, or newest full one, is older than schedule and dump cycle allow.

import type { DiskListEntry } from '../../../config/resolved.ts'
import { DAY_MS, formatDuration } from '../../../config/units.ts'
import type { CheckFinding } from '../../control/contract.ts'
import { nextRunMs } from '../../schedule/next-run.ts'
import { dumpsOf, fullsOf, hasCycle, wantedDisks, type ConfigCheck, type ConfigFacts } from './facts.ts'

/** A laptop may miss a run or two; three are a gap. */
const RUNS_MISSED_MAX = 3
const OVERDUE_DAYS_MIN = 2
/** A full may come a day late, with the run after. */
const FULL_GRACE_DAYS = 2

/** Milliseconds between two runs. Without a schedule a dump a cycle is what was promised. */
function runIntervalMs({ config, nowMs }: ConfigFacts): number {
  const { cron, timezone } = config.schedule
  const first = cron === undefined ? undefined : nextRunMs(cron, timezone, nowMs)
  const second = cron === undefined || first === undefined ? undefined : nextRunMs(cron, timezone, first)
  return first === undefined || second === undefined ? (config.dumpCycleDays * DAY_MS) / RUNS_MISSED_MAX : second - first
}

function overdue(facts: ConfigFacts, entry: DiskListEntry, limitMs: number): CheckFinding[] {
  const { host, disk } = entry
  const newest = dumpsOf(facts, entry).find(({ status }) => status === 'complete')
  if (newest === undefined) return []
  const ageMs = facts.nowMs - newest.startedMs
  if (ageMs > limitMs) return [{ severity: 'error', code: 'disk-overdue', host, disk, message: `its newest dump, of run ${newest.run}, is ${formatDuration(ageMs)} old`, next: `See with \`holdfast report\` and \`holdfast check ${host}\` why no run has dumped it since.` }]
  const full = fullsOf(facts, entry)[0]
  const fullAgeMs = full === undefined ? 0 : facts.nowMs - full.startedMs
  if (full === undefined || !hasCycle(entry) || fullAgeMs <= (entry.dumpCycleDays + FULL_GRACE_DAYS) * DAY_MS) return []
  return [{ severity: 'warning', code: 'full-overdue', host, disk, message: `its newest full dump, of run ${full.run}, is ${formatDuration(fullAgeMs)} old, and the dump cycle is ${entry.dumpCycleDays} d`, next: `Run \`holdfast dump ${host} ${disk} --level full\`, and see why the runs had no room or time for it.` }]
}

export const disksOverdue: ConfigCheck = (facts) => {
  const limitMs = Math.max(OVERDUE_DAYS_MIN * DAY_MS, RUNS_MISSED_MAX * runIntervalMs(facts))
  return wantedDisks(facts).flatMap((entry) => overdue(facts, entry, limitMs))
}
