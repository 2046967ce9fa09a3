// Whether the fulls are spread over the nights of a cycle. Each falls due a cycle after the last one, so fulls that were made in one night
// meet again in one night. The planner moves some of them forward; this tells which night carries how much, and what would balance it.

import { DAY_MS, formatSize } from '../../../config/units.ts'
import type { CheckFinding } from '../../control/contract.ts'
import { fullsOf, hasCycle, wantedDisks, type ConfigCheck, type ConfigFacts } from './facts.ts'

interface DueFull {
  readonly host: string
  readonly disk: string
  readonly bytes: number
  /** Nights from now; 0: the next one. */
  readonly night: number
}

/** The fullest night carries more than this many times what it would at best: less is chance. */
const CROWD_FACTOR = 2
const MOVES_MAX = 10

function dueFulls(facts: ConfigFacts): DueFull[] {
  return wantedDisks(facts).filter(hasCycle).flatMap((entry) => {
    const full = fullsOf(facts, entry)[0]
    if (full === undefined) return []
    const dueMs = full.startedMs + entry.dumpCycleDays * DAY_MS - facts.nowMs
    // A full from the future, which a clock that was set back makes, is due a cycle from now like one of today.
    return [{ host: entry.host, disk: entry.disk, bytes: full.storedBytes, night: Math.min(entry.dumpCycleDays, Math.max(0, Math.floor(dueMs / DAY_MS))) }]
  })
}

function loads(fulls: readonly DueFull[], nights: number): number[] {
  const bytes = Array.from({ length: nights }, () => 0)
  for (const full of fulls) bytes[full.night] = (bytes[full.night] ?? 0) + full.bytes
  return bytes
}

/** The fullest night when the largest fulls are laid first, each on the emptiest night: at most a third above the best there is. */
function balancedBytes(fulls: readonly DueFull[], nights: number): number {
  const bytes = Array.from({ length: nights }, () => 0)
  for (const full of fulls.toSorted((a, b) => b.bytes - a.bytes)) {
    const emptiest = bytes.indexOf(Math.min(...bytes))
    bytes[emptiest] = (bytes[emptiest] ?? 0) + full.bytes
  }
  return Math.max(...bytes)
}

/** Fulls of the crowded night that should be made earlier, each on the emptiest night before it. */
function moves(fulls: readonly DueFull[], crowded: number, nights: number, goalBytes: number): { readonly full: DueFull; readonly to: number }[] {
  const bytes = loads(fulls, nights)
  const moved: { full: DueFull; to: number }[] = []
  // One stays: a crowd that moves as a whole is a crowd elsewhere.
  for (const full of fulls.filter(({ night }) => night === crowded).toSorted((a, b) => a.bytes - b.bytes).slice(0, -1)) {
    if ((bytes[crowded] ?? 0) <= goalBytes || moved.length >= MOVES_MAX) break
    const before = bytes.slice(0, crowded)
    const to = before.indexOf(Math.min(...before))
    bytes[to] = (bytes[to] ?? 0) + full.bytes
    bytes[crowded] = (bytes[crowded] ?? 0) - full.bytes
    moved.push({ full, to })
  }
  return moved
}

/** `Tue 1 Dec`, local time. */
function nightName(nowMs: number, night: number): string {
  const date = new Date(nowMs + night * DAY_MS)
  return `${date.toLocaleDateString('en-GB', { weekday: 'short' })} ${date.getDate()} ${date.toLocaleDateString('en-GB', { month: 'short' })}`
}

export const fullsCrowded: ConfigCheck = (facts) => {
  const { config, nowMs } = facts
  const fulls = dueFulls(facts)
  const nights = Math.max(1, ...wantedDisks(facts).filter(hasCycle).map(({ dumpCycleDays }) => dumpCycleDays))
  if (fulls.length < 3 || nights < 2) return []
  const bytes = loads(fulls, nights + 1)
  const most = Math.max(...bytes)
  const crowded = bytes.indexOf(most)
  const best = balancedBytes(fulls, nights)
  if (most <= CROWD_FACTOR * best) return []
  const capacity = config.storage.kind === 'vtape' ? config.storage.volumeBytes * config.storage.volumesPerRun : Number.POSITIVE_INFINITY
  const share = Math.round((100 * most) / bytes.reduce((sum, night) => sum + night, 0))
  const count = fulls.filter(({ night }) => night === crowded).length
  const finding: CheckFinding = {
    severity: most > capacity ? 'warning' : 'note', code: 'fulls-crowded',
    message: `${count} of ${fulls.length} fulls (${formatSize(most)}, ${share} % of all) are due in the night of ${nightName(nowMs, crowded)}; spread out, no night would carry more than ${formatSize(best)}${most > capacity ? `, and a run may write ${formatSize(capacity)}` : ''}`,
    next: 'The planner moves fulls forward by itself where it can; to balance at once, make the fulls that are listed in the nights that are named.',
    details: [
      ...bytes.flatMap((night, index) => (night > 0 ? [`${nightName(nowMs, index)}: ${formatSize(night)}`] : [])),
      ...moves(fulls, crowded, nights + 1, best).map(({ full, to }) => `${nightName(nowMs, to)}: holdfast dump ${full.host} ${full.disk} --level full (${formatSize(full.bytes)})`),
    ],
  }
  return [finding]
}
