// Which dumps stay. Pure: dumps and rules in, a verdict and its reason for each dump out. Per host and disk, newest first. Days, weeks, months and years are those of
// the run's own time, as it stands in its name; a period is served by its newest dump.

import type { KeepRules, PrunePlan, VaultDump } from '../contract.ts'

const DAY_MS = 86_400_000

interface Period {
  readonly name: string
  readonly count: number | undefined
  /** Which period a run is of. */
  readonly of: (run: string) => string
}

export function planKeeping(dumps: readonly VaultDump[], rules: KeepRules, nowMs: number): PrunePlan {
  const kept: { readonly dump: VaultDump; readonly why: string }[] = []
  const removed: { readonly dump: VaultDump; readonly why: string }[] = []
  const disks = Map.groupBy(dumps, ({ host, disk }) => JSON.stringify([host, disk]))
  for (const group of disks.values()) {
    const newestFirst = group.toSorted((a, b) => (a.run < b.run ? 1 : a.run > b.run ? -1 : b.endedMs - a.endedMs))
    const reasons = reasonsOf(newestFirst, rules, nowMs)
    for (const dump of newestFirst) {
      const why = reasons.get(dump.manifest)
      if (why === undefined) removed.push({ dump, why: 'no rule keeps it' })
      else kept.push({ dump, why })
    }
  }
  return { kept, removed }
}

/** Without a rule nothing is removed: an empty configuration must not empty a vault. */
function hasRule({ last, days, daily, weekly, monthly, yearly, tags }: KeepRules): boolean {
  return [last, days, daily, weekly, monthly, yearly].some((count) => count !== undefined && count > 0) || (tags?.length ?? 0) > 0
}

function reasonsOf(dumps: readonly VaultDump[], rules: KeepRules, nowMs: number): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>()
  const keep = (dump: VaultDump, why: string): void => {
    const before = reasons.get(dump.manifest)
    reasons.set(dump.manifest, before === undefined ? why : `${before}, ${why}`)
  }
  if (!hasRule(rules)) for (const dump of dumps) keep(dump, 'there is no rule')
  const newest = dumps[0]
  if (newest !== undefined && reasons.size === 0) keep(newest, 'newest of its disk')
  for (const dump of dumps) {
    if (dump.isPinned) keep(dump, 'pinned')
    const tag = dump.tags.find((name) => rules.tags?.includes(name) === true)
    if (tag !== undefined) keep(dump, `tag ${tag}`)
    if (rules.days !== undefined && rules.days > 0 && timeOf(dump.run) > nowMs - rules.days * DAY_MS) keep(dump, `of the last ${rules.days} days`)
  }
  for (const [index, dump] of dumps.slice(0, rules.last ?? 0).entries()) keep(dump, `last ${index + 1} of ${rules.last}`)
  for (const period of periodsOf(rules)) keepPeriod(dumps, period, keep)
  keepBases(dumps, reasons, keep)
  return reasons
}

function periodsOf({ daily, weekly, monthly, yearly }: KeepRules): readonly Period[] {
  return [
    { name: 'daily', count: daily, of: (run) => run.slice(0, 8) },
    { name: 'weekly', count: weekly, of: weekOf },
    { name: 'monthly', count: monthly, of: (run) => run.slice(0, 6) },
    { name: 'yearly', count: yearly, of: (run) => run.slice(0, 4) },
  ]
}

function keepPeriod(dumps: readonly VaultDump[], { name, count = 0, of }: Period, keep: (dump: VaultDump, why: string) => void): void {
  const served = new Set<string>()
  for (const dump of dumps) {
    const period = of(dump.run)
    if (served.size >= count) return
    if (served.has(period)) continue
    served.add(period)
    keep(dump, `${name} ${served.size} of ${count}`)
  }
}

/** What a kept dump builds on, down to the dump that is whole. */
function keepBases(dumps: readonly VaultDump[], reasons: ReadonlyMap<string, string>, keep: (dump: VaultDump, why: string) => void): void {
  const queue = dumps.filter(({ manifest }) => reasons.has(manifest))
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { level, baseRun } = next
    if (level === 0 || baseRun === undefined) continue
    for (const base of dumps) {
      if (base.run !== baseRun || base.level >= level) continue
      if (!reasons.has(base.manifest)) queue.push(base)
      if (!(reasons.get(base.manifest) ?? '').includes('base of')) keep(base, `base of ${next.run}`)
    }
  }
}

function timeOf(run: string): number {
  const part = (from: number, to: number): number => Number(run.slice(from, to))
  return Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14))
}

/** The Monday of its week. */
function weekOf(run: string): string {
  const day = Math.floor(timeOf(run) / DAY_MS)
  // The first of January 1970 was a Thursday.
  return String(day - ((day + 3) % 7))
}
