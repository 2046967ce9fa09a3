// Which level one disk gets, taken by itself: by age of the last full, strategy, the bump rule and what the operator forced. Pure.
// The rules are Amanda's; what the whole run can bear is judged in simple-planner.ts.

import type { DiskListEntry } from '../../config/resolved.ts'
import { baseOf, currentLevel, daysBetween, lastFull, sizeFromHistory } from './history.ts'
import type { LevelChoice, PlannedSkip, PlannerDisk, PlannerInput } from './contract.ts'

/** Levels the client's program understands. */
const LEVEL_MAX = 9
/** Below this size a share of the full dump says nothing: the bump rule in bytes is used. */
const PERCENT_FULL_BYTES_MIN = 1024 * 1024

export type DiskChoice =
  | {
      readonly kind: 'dump'
      readonly choice: LevelChoice
      /** What is done instead when the run has no room for the full dump. */
      readonly alternative?: LevelChoice
      /** Days until the full is due, ≤ 0 when it is; undefined when the strategy has none. */
      readonly daysToFull: number | undefined
      readonly isForced: boolean
    }
  | { readonly kind: 'skip'; readonly skip: PlannedSkip }

type Rules = Pick<PlannerInput, 'nowMs' | 'bump'>

/** The output of a command has no levels. */
function isFullOnly(entry: DiskListEntry): boolean {
  return entry.strategy === 'noinc' || entry.application.name === 'command'
}

/** Levels whose size the choice may depend on, lowest first; at most three, as Amanda asks for. */
export function levelsToEstimate(disk: Pick<PlannerDisk, 'entry' | 'history' | 'forced' | 'isWhole'>): number[] {
  const { entry, history, forced } = disk
  if (disk.isWhole === true) return []
  if (typeof forced === 'number') return [forced]
  const mayBeFull = entry.strategy !== 'nofull' && forced !== 'incremental' && !(entry.strategy === 'incronly' && forced !== 'full')
  const levels = new Set<number>(mayBeFull ? [0] : [])
  if (forced !== 'full' && !isFullOnly(entry) && entry.record && (baseOf(history, 1) !== undefined || entry.strategy === 'nofull')) {
    const last = entry.strategy === 'nofull' ? 1 : Math.max(1, currentLevel(history)?.level ?? 1)
    levels.add(last)
    if (currentLevel(history)?.level !== 0 && entry.strategy !== 'nofull' && last < LEVEL_MAX) levels.add(last + 1)
  }
  return [...levels].toSorted((a, b) => a - b)
}

function sized(disk: PlannerDisk, level: number): number | undefined {
  return disk.estimates.get(level) ?? sizeFromHistory(disk.history, level)
}

function full(disk: PlannerDisk, reason: string): LevelChoice {
  return { level: 0, estimatedBytes: sized(disk, 0), reason }
}

function incremental(disk: PlannerDisk, level: number, reason: string): LevelChoice {
  const base = baseOf(disk.history, level)
  return { level, ...(base === undefined ? {} : { baseRun: base.run }), estimatedBytes: sized(disk, level), reason }
}

/** Smallest saving, in bytes, for which the level is raised from `level`. */
function bumpThreshold(disk: PlannerDisk, level: number, bump: Rules['bump']): number {
  const fullBytes = sized(disk, 0) ?? 0
  const first = bump.percent > 0 && fullBytes > PERCENT_FULL_BYTES_MIN ? (fullBytes * bump.percent) / 100 : bump.bytes
  return first * bump.multiplier ** (level - 1)
}

function mib(bytes: number): string {
  return `${(bytes / 1048576).toFixed(1)} MiB`
}

function chooseIncremental(disk: PlannerDisk, bump: Rules['bump']): LevelChoice {
  const current = currentLevel(disk.history)
  if (current === undefined || current.level === 0) return incremental(disk, 1, 'first incremental after the full dump')
  const { level, runs } = current
  const stay = (why: string): LevelChoice => incremental(disk, level, `stays at level ${level}: ${why}`)
  const next = level + 1
  if (next > LEVEL_MAX) return stay('there is no higher level')
  if (runs < bump.days) return stay(`${runs} of ${bump.days} days at it`)
  const here = sized(disk, level)
  const there = disk.estimates.get(next)
  if (here === undefined || there === undefined) return stay(`the size of level ${next} is not known`)
  const threshold = bumpThreshold(disk, level, bump)
  if (here - there < threshold) return stay(`level ${next} would save ${mib(Math.max(0, here - there))}, less than ${mib(threshold)}`)
  return incremental(disk, next, `bumped to level ${next}, which saves ${mib(here - there)}`)
}

function skip(disk: PlannerDisk, kind: PlannedSkip['kind'], code: PlannedSkip['code'], reason: string): DiskChoice {
  return { kind: 'skip', skip: { entry: disk.entry, kind, code, reason } }
}

function chooseForced(disk: PlannerDisk, rules: Rules): DiskChoice | undefined {
  const { entry, history, forced } = disk
  const forcedChoice = (choice: LevelChoice): DiskChoice => ({ kind: 'dump', choice, daysToFull: undefined, isForced: true })
  switch (forced) {
    case undefined:
      return undefined
    case 'full':
    case 0:
      if (entry.strategy === 'nofull') return skip(disk, 'failed', 'level-refused', 'a full dump was asked for, but the strategy is nofull')
      return forcedChoice(full(disk, 'full as the operator asked'))
    case 'incremental':
      if (isFullOnly(entry)) return skip(disk, 'failed', 'level-refused', 'an incremental was asked for, but its strategy or application has full dumps only')
      if (baseOf(history, 1) === undefined && entry.strategy !== 'nofull') return skip(disk, 'failed', 'no-base', 'an incremental was asked for, but there is no full dump it could build on')
      return forcedChoice({ ...chooseIncremental(disk, rules.bump), reason: 'incremental as the operator asked' })
    default:
      if (forced > LEVEL_MAX || baseOf(history, forced) === undefined) return skip(disk, 'failed', 'no-base', `level ${forced} was asked for, but there is no dump it could build on`)
      return forcedChoice(incremental(disk, forced, `level ${forced} as the operator asked`))
  }
}

function chooseBySchedule(disk: PlannerDisk, rules: Rules): DiskChoice {
  const { entry, history } = disk
  const latest = lastFull(history)
  const dump = (choice: LevelChoice, daysToFull: number | undefined, alternative?: LevelChoice): DiskChoice => ({
    kind: 'dump',
    choice,
    daysToFull,
    isForced: false,
    ...(alternative === undefined ? {} : { alternative }),
  })
  if (entry.strategy === 'nofull') return dump(incremental(disk, 1, 'the strategy is nofull'), undefined)
  if (entry.strategy === 'incronly') {
    if (latest === undefined) return skip(disk, 'failed', 'no-base', 'the strategy is incronly and there is no full dump yet')
    return dump(chooseIncremental(disk, rules.bump), undefined)
  }
  if (latest === undefined) return dump(full(disk, 'new disk: there is no full dump yet'), -entry.dumpCycleDays)
  if (isFullOnly(entry)) return dump(full(disk, 'its strategy or application has full dumps only'), 0)
  if (!entry.record) return dump(full(disk, 'its dumps are not recorded, so an incremental has no base'), 0)
  const age = daysBetween(latest.startedMs, rules.nowMs)
  const daysToFull = entry.dumpCycleDays - age
  if (daysToFull <= 0) return dump(full(disk, `full is due: the last one is ${age} days old, the dump cycle is ${entry.dumpCycleDays}`), daysToFull, chooseIncremental(disk, rules.bump))
  const choice = chooseIncremental(disk, rules.bump)
  if (disk.impossible?.has(choice.level) === true) return dump(full(disk, `the client has no base for level ${choice.level}`), daysToFull)
  return dump(choice, daysToFull)
}

/** The choice for one disk. */
export function chooseLevel(disk: PlannerDisk, rules: Rules): DiskChoice {
  const { entry, estimateFault } = disk
  if (entry.strategy === 'skip') return skip(disk, 'skipped', 'strategy-skip', 'the strategy is skip')
  if (estimateFault?.isUnreachable === true) return skip(disk, 'failed', estimateFault.code, estimateFault.message)
  if (disk.isWhole === true) return { kind: 'dump', choice: full(disk, 'whole, as every dump that is cut at its source'), daysToFull: undefined, isForced: disk.forced !== undefined }
  return chooseForced(disk, rules) ?? chooseBySchedule(disk, rules)
}
