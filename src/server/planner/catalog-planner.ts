// The planner of our own runs: Amanda's, fed with the dumps of the catalog and the settings of holdfast.yaml. What it leaves out for a
// reason that Amanda does not know (an order that cannot be obeyed, a host that cannot be reached) is judged here. Pure.

import type { DumpRecord } from '../../catalog/contract.ts'
import type { BumpConfig, DiskListEntry } from '../../config/resolved.ts'
import { INFO_COMMANDS, INFO_HISTORY_MAX, INFO_RATES_MAX, type DiskInfo, type InfoRates } from '../../wire/amanda/curinfo.ts'
import { planRun, setUpRun, type Estimated, type ScheduledDump, type SetUpRun } from './amanda/amanda-planner.ts'
import type { DlePlan } from './amanda/dle-plan.ts'
import { nameOf, type DiskFacts, type DleFacts, type PlannerFacts } from './amanda/facts.ts'
import { estimateOnServer } from './amanda/server-estimate.ts'
import type { Plan, PlannedDump, PlannedSkip, Planner, PlannerDisk, PlannerRules } from './contract.ts'
import { baseOf, currentLevel } from './history.ts'

/** Levels that GNU tar's snapshots and our archiver are made at. */
const LEVEL_MAX = 9
const PRIORITIES = { low: 0, medium: 1, high: 2 } as const
/** Volumes here have no file marks; a dump begins with its header. */
const BLOCK_KIB = 32
/** Far more than any cycle has. */
const PROMOTE_DAYS_MAX = 10_000

type Skip = Omit<PlannedSkip, 'entry'>

function kibOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1024))
}

function ratesOf(dumps: readonly DumpRecord[]): InfoRates {
  const newest = dumps.filter(({ nativeBytes }) => nativeBytes > 0).slice(0, INFO_RATES_MAX)
  return {
    rates: newest.flatMap(({ storedBytes, startedMs, endedMs }) => (endedMs === undefined ? [] : [storedBytes / 1024 / Math.max(1, (endedMs - startedMs) / 1000)])),
    ratios: newest.map(({ storedBytes, nativeBytes }) => storedBytes / nativeBytes),
  }
}

/** The memory of a disk as Amanda keeps it. Without a full dump below the incrementals there is nothing to build on, and it begins anew. */
function infoOf({ history, forced, entry }: PlannerDisk): DiskInfo | undefined {
  const dumps = baseOf(history, 1) === undefined && entry.strategy !== 'nofull' ? [] : history.slice(0, INFO_HISTORY_MAX)
  const command = forced === undefined || forced === 'incremental' ? 0 : forced === 'full' || forced === 0 ? INFO_COMMANDS.forceFull : INFO_COMMANDS.forceBump
  if (dumps.length === 0 && command === 0) return undefined
  const facts = dumps.map((dump) => ({ level: dump.level, sizeKib: kibOf(dump.nativeBytes), storedKib: kibOf(dump.storedBytes), seconds: Math.max(0, Math.round(((dump.endedMs ?? dump.startedMs) - dump.startedMs) / 1000)), dateS: dump.startedMs / 1000 }))
  const current = currentLevel(dumps)
  // An order for a level is one for a bump to it.
  const last = command === INFO_COMMANDS.forceBump && typeof forced === 'number' ? { level: forced - 1, runs: 1 } : current
  return {
    command,
    full: ratesOf(dumps.filter(({ level }) => level === 0)),
    incremental: ratesOf(dumps.filter(({ level }) => level > 0)),
    stats: facts.filter(({ level }, index) => facts.findIndex((other) => other.level === level) === index),
    ...(last === undefined ? {} : { last }),
    history: facts,
  }
}

/** The output of a command has no levels, and what is not recorded is no base. */
function isFullOnly({ entry }: Pick<PlannerDisk, 'entry'>): boolean {
  return entry.strategy === 'noinc' || entry.application.name === 'command' || !entry.record
}

function strategyOf(disk: PlannerDisk): DleFacts['strategy'] {
  const { entry, forced } = disk
  if (isFullOnly(disk)) return 'noinc'
  if (entry.strategy === 'nofull') return 'nofull'
  if (forced === 'full' || forced === 0) return 'standard'
  return forced !== undefined || entry.strategy === 'incronly' ? 'incronly' : 'standard'
}

/** What Amanda's planner is told of a disk; `bump` where it has none of its own. */
export function dleFacts(entry: DiskListEntry, bump: BumpConfig, strategy: DleFacts['strategy'] = entry.strategy === 'skip' ? 'standard' : entry.strategy): DleFacts {
  const { days, bytes, percent, multiplier } = entry.bump ?? bump
  return {
    host: entry.host, disk: entry.disk, priority: PRIORITIES[entry.priority], strategy, dumpCycleDays: entry.dumpCycleDays, maxPromoteDay: entry.promoteDays ?? PROMOTE_DAYS_MAX,
    bump: { days, kib: bytes / 1024, percent, multiplier },
    expectedRatios: (entry.compress.kind === 'none' ? undefined : entry.expectedRatios) ?? { full: 1, incremental: 1 }, isFullSkipped: entry.isFullSkipped ?? false, isIncrementalSkipped: entry.isIncrementalSkipped ?? false, isSplit: true, levelMax: LEVEL_MAX,
  }
}

function diskFacts(disk: PlannerDisk, rules: PlannerRules): DiskFacts {
  return { dle: dleFacts(disk.entry, rules.bump, strategyOf(disk)), info: infoOf(disk) }
}

function factsOf(disks: readonly PlannerDisk[], rules: PlannerRules): PlannerFacts {
  return {
    datestamp: rules.run, nowS: rules.nowMs / 1000, tapes: undefined, disks: disks.map((disk) => diskFacts(disk, rules)),
    cycle: {
      dumpCycleDays: rules.dumpCycleDays, runsPerCycle: rules.runsPerCycle, runTapes: 1, tapeKib: rules.capacityBytes === undefined ? Infinity : rules.capacityBytes / 1024, filemarkKib: 0, blockKib: BLOCK_KIB,
      maxDumpKib: undefined, mustFit: false,
    },
  }
}

/** Why the disk is not for Amanda's rules, if so. */
function skipOf(disk: PlannerDisk): Skip | undefined {
  const { entry, history, forced, estimateFault } = disk
  const failed = (code: PlannedSkip['code'], reason: string): Skip => ({ kind: 'failed', code, reason })
  if (entry.strategy === 'skip') return { kind: 'skipped', code: 'strategy-skip', reason: 'the strategy is skip' }
  if (estimateFault?.isUnreachable === true) return failed(estimateFault.code, estimateFault.message)
  if (disk.isWhole === true) return undefined
  if (forced === undefined) return entry.strategy === 'incronly' && baseOf(history, 1) === undefined ? failed('no-base', 'the strategy is incronly and there is no full dump yet') : undefined
  if (forced === 'full' || forced === 0) return entry.strategy === 'nofull' ? failed('level-refused', 'a full dump was asked for, but the strategy is nofull') : undefined
  if (isFullOnly(disk)) return failed('level-refused', 'an incremental was asked for, but its strategy, its application or its dumps that are not recorded allow full dumps only')
  if (typeof forced === 'number' && (forced > LEVEL_MAX || baseOf(history, forced) === undefined)) return failed('no-base', `level ${forced} was asked for, but there is no dump it could build on`)
  return baseOf(history, 1) === undefined && entry.strategy !== 'nofull' ? failed('no-base', 'an incremental was asked for, but there is no full dump it could build on') : undefined
}

/** Levels whose size the choice may depend on, at most three, as Amanda asks for. */
export function levelsToEstimate(disk: PlannerDisk, rules: PlannerRules): readonly number[] {
  if (disk.isWhole === true || skipOf(disk) !== undefined) return []
  return setUpRun(factsOf([disk], rules)).plans.flatMap(({ asked }) => asked)
}

function estimatesOf(disk: PlannerDisk, plan: DlePlan, tapeKib: number): Estimated {
  const sizes = new Map<number, number>()
  const guessed = new Set<number>()
  for (const level of plan.asked) {
    const bytes = disk.estimates.get(level)
    const isPossible = disk.impossible?.has(level) !== true
    // The next level is tried only when its size is known: a guess would raise it for nothing.
    if (bytes === undefined && (!isPossible || (level > plan.lastLevel && plan.lastLevel > 0 && plan.asked.includes(plan.lastLevel)))) continue
    const onServer = estimateOnServer(plan.info, level, tapeKib)
    if (bytes === undefined && onServer.isGuess) guessed.add(level)
    sizes.set(level, bytes === undefined ? Math.max(1, onServer.kib) : kibOf(bytes))
  }
  return { plan, sizes, guessed }
}

function wholeDump({ entry, history }: PlannerDisk): PlannedDump {
  return { entry, level: 0, estimatedBytes: history.find(({ level }) => level === 0)?.nativeBytes, reason: 'whole, as every dump that is cut at its source', priority: PRIORITIES[entry.priority] }
}

/** By priority, then large before small, then by name, so that the same input always gives the same order. */
function startOrder(a: PlannedDump, b: PlannedDump): number {
  return b.priority - a.priority || (b.estimatedBytes ?? 0) - (a.estimatedBytes ?? 0) || (`${a.entry.host} ${a.entry.disk}` < `${b.entry.host} ${b.entry.disk}` ? -1 : 1)
}

function insteadOf(degraded: ScheduledDump['degraded'], told: ReadonlyMap<number, number>): NonNullable<PlannedDump['degraded']> {
  if ('message' in degraded) return degraded
  const { level, sizeKib, rateKib } = degraded
  return { level, rateKib, estimatedBytes: told.get(level) ?? sizeKib * 1024 }
}

function planDisks(disks: readonly PlannerDisk[], rules: PlannerRules): Plan {
  const facts = factsOf(disks, rules)
  const setUp: SetUpRun = setUpRun(facts)
  const byName = new Map(disks.map((disk) => [nameOf(disk.entry), disk]))
  const of = (dle: DleFacts): PlannerDisk => {
    const disk = byName.get(nameOf(dle))
    if (disk === undefined) throw new Error(`${nameOf(dle)} is not in the plan`)
    return disk
  }
  const estimates = setUp.plans.map((plan) => estimatesOf(of(plan.dle), plan, facts.cycle.tapeKib))
  const schedule = planRun(facts, setUp, estimates)
  const dumps = schedule.dumps.map(({ dle, level, priority, reason, sizeKib, rateKib, isGuess, degraded }): PlannedDump => {
    const { entry, history, estimates: told } = of(dle)
    const base = baseOf(history, level)
    return { entry, level, ...(base === undefined || level === 0 ? {} : { baseRun: base.run }), estimatedBytes: told.get(level) ?? (isGuess ? undefined : sizeKib * 1024), reason, priority, rateKib, ...(level === 0 ? { degraded: insteadOf(degraded, told) } : {}) }
  })
  const skips = schedule.leftOut.map(({ dle, kind, message }): PlannedSkip => ({ entry: of(dle).entry, kind, code: 'no-base', reason: message }))
  return { dumps, skips, notes: schedule.entries.flatMap(({ type, text }) => (type === 'INFO' || type === 'WARNING' ? [text] : [])) }
}

export const catalogPlanner: Planner = (input): Plan => {
  const skips: PlannedSkip[] = []
  const whole: PlannedDump[] = []
  const disks: PlannerDisk[] = []
  for (const disk of input.disks) {
    const skip = skipOf(disk)
    if (skip !== undefined) skips.push({ entry: disk.entry, ...skip })
    else if (disk.isWhole === true) whole.push(wholeDump(disk))
    else disks.push(disk)
  }
  const planned = planDisks(disks, input)
  const withoutEstimate = [...disks, ...input.disks.filter(({ isWhole }) => isWhole === true)].flatMap(({ entry, estimateFault }) => (estimateFault === undefined || estimateFault.isUnreachable ? [] : [`${nameOf(entry)}: no estimate (${estimateFault.message}); planned from its history`]))
  return { dumps: [...whole, ...planned.dumps].toSorted(startOrder), skips: [...skips, ...planned.skips], notes: [...withoutEstimate, ...planned.notes] }
}
