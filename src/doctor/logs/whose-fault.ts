// Which groups speak of one dump, and which followed from which. Clocks of two hosts may differ by hours (zones) and by some seconds; so times only
// decide where names leave a choice. Pure.

import type { FaultGroup } from './fault-group.ts'

/** Zones differ by whole quarters of an hour; what is left over is how wrong the clocks are. */
const ZONE_STEP_MS = 15 * 60_000
const ZONE_MS_MAX = 26 * 3_600_000
const CLOCK_MS_MAX = 60_000

type Whose = Pick<FaultGroup, 'host' | 'disk'>

export function vagueness({ host, disk }: Whose): number {
  return (host === undefined ? 1 : 0) + (disk === undefined ? 1 : 0)
}

/** The same host: one may be called by its full name. */
export function isSameHost(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`)
}

/** Whether both may be of one dump. */
export function areCompatible(a: Whose, b: Whose): boolean {
  return (a.host === undefined || b.host === undefined || isSameHost(a.host, b.host)) && (a.disk === undefined || b.disk === undefined || a.disk === b.disk)
}

/** Whether both may be of one run. */
function shareRuns(a: FaultGroup, b: FaultGroup): boolean {
  return a.runs.size === 0 || b.runs.size === 0 || [...a.runs.keys()].some((run) => b.runs.has(run))
}

/** Whether they were at the same time, by clocks that may be of other zones. */
function areSimultaneous(a: FaultGroup, b: FaultGroup): boolean {
  const apartMs = Math.max(a.firstMs, b.firstMs) - Math.min(a.lastMs, b.lastMs)
  if (!Number.isFinite(apartMs) || apartMs > ZONE_MS_MAX) return false
  const rest = apartMs <= 0 ? 0 : apartMs % ZONE_STEP_MS
  return Math.min(rest, ZONE_STEP_MS - rest) <= CLOCK_MS_MAX
}

/** The one dump that the lines of `vague` can be of, if there is only one. */
function clearerOf(vague: FaultGroup, candidates: readonly FaultGroup[]): FaultGroup | undefined {
  const possible = candidates.filter((other) => vagueness(other) < vagueness(vague) && areCompatible(vague, other) && shareRuns(vague, other))
  const [first] = possible
  if (first === undefined || possible.every((other) => areCompatible(first, other))) return first
  const [atThatTime, ...others] = possible.filter((other) => areSimultaneous(vague, other))
  return others.length === 0 ? atThatTime : undefined
}

/** Some lines do not say whose dump they are of, or only which client: where other lines name one such dump only, they are of that. */
export function joinVague(groups: readonly FaultGroup[]): FaultGroup[] {
  const byKind = Map.groupBy(groups, ({ kind }) => kind)
  return [...byKind.values()].flatMap((ofKind) => {
    const left = new Set(ofKind)
    for (const vague of ofKind.filter((group) => vagueness(group) > 0).toSorted((a, b) => vagueness(b) - vagueness(a))) {
      const clearer = clearerOf(vague, [...left])
      if (clearer === undefined) continue
      clearer.absorb(vague)
      left.delete(vague)
    }
    return [...left]
  })
}

/**
 * For each group the one that brought it with it, and was not brought by another itself; undefined: it stands for itself. In logs of several clients one
 * that names none explains no failure of one that is named: it may be of another.
 */
export function sourcesOf(groups: readonly FaultGroup[]): ReadonlyMap<FaultGroup, FaultGroup | undefined> {
  const byCode = Map.groupBy(groups, ({ kind }) => kind.code)
  const isOneHost = new Set(groups.flatMap(({ host }) => host ?? [])).size <= 1
  const mayBring = (source: FaultGroup, group: FaultGroup): boolean => areCompatible(source, group) && shareRuns(source, group) && (isOneHost || source.host !== undefined || group.host === undefined)
  const sources = new Map<FaultGroup, FaultGroup | undefined>()
  const find = (group: FaultGroup): FaultGroup | undefined => {
    if (sources.has(group)) return sources.get(group)
    const candidates = (group.kind.followsFrom ?? []).flatMap((code) => byCode.get(code) ?? [])
    const direct = candidates.find((other) => mayBring(other, group))
    const source = direct === undefined ? undefined : (find(direct) ?? direct)
    sources.set(group, source)
    return source
  }
  for (const group of groups) find(group)
  return sources
}
