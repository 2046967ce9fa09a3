// Before the estimates: what the past and the operator's order say of a disk, which levels its client is asked for, and whether it is
// part of the run at all.

import { INFO_COMMANDS, type DiskInfo } from '../../../wire/amanda/curinfo.ts'
import { quoteString } from '../../../wire/amanda/quote.ts'
import { bumpThreshold, daysToFull, lastLevel, NO_INFO, runsAt, statsOf } from './disk-past.ts'
import { NO_LEVEL, type DlePlan } from './dle-plan.ts'
import { RUNS_REDZONE, runsUntilOverwritten } from './tape-turn.ts'
import type { DiskFacts, PlannerFacts } from './facts.ts'
import { counted, spoken, type PlannerWords } from './planner-words.ts'

/** Levels that a client is asked for at most. */
const ASKED_MAX = 3

export type SetUpResult =
  | { readonly kind: 'asked'; readonly plan: DlePlan }
  /** Not part of the run. `info`: what its memory becomes, if it changes. */
  | { readonly kind: 'skipped' | 'failed'; readonly level: number; readonly message: string; readonly info?: DiskInfo }

const { forceFull, forceBump, forceNoBump, forceLevel1 } = INFO_COMMANDS

function without(info: DiskInfo, command: number): DiskInfo {
  return { ...info, command: info.command & ~command }
}

/** What is left of the operator's order when the strategy refuses some of it. */
function permitted({ dle, info: remembered }: DiskFacts, words: PlannerWords): DiskInfo {
  let info = remembered ?? NO_INFO
  if ((info.command & forceFull) !== 0 && (dle.strategy === 'nofull' || dle.strategy === 'incronly')) {
    words.log('WARNING', `Cannot force full dump of ${spoken(dle)} with ${dle.strategy === 'nofull' ? 'no-full' : 'incronly'} option.`)
    info = without(info, forceFull)
  }
  if ((info.command & forceLevel1) !== 0 && dle.strategy === 'noinc') {
    words.log('WARNING', `Cannot force level 1 dump of ${spoken(dle)} with no-incr option.`)
    info = without(info, forceLevel1)
  }
  return info
}

function begin(disk: DiskFacts, facts: PlannerFacts, words: PlannerWords): DlePlan {
  const { dle } = disk
  if (disk.info === undefined) words.log('INFO', `Adding new disk ${spoken(dle)}.`)
  const info = permitted(disk, words)
  const plan: DlePlan = {
    dle, info, priority: dle.priority, lastLevel: dle.strategy === 'nofull' ? 1 : lastLevel(info, facts.tapes), daysToFull: daysToFull(dle, info, facts.nowS), levelDays: 0,
    asked: [], sizes: new Map(), guessed: new Set(), isFullDue: false, turn: { kind: 'kept' }, chosen: NO_LEVEL, degraded: NO_LEVEL, degradedMessage: undefined,
  }
  if ((info.command & forceFull) !== 0) {
    plan.lastLevel = -1
    plan.daysToFull = -facts.cycle.dumpCycleDays
    plan.degradedMessage = "Skipping: Can't bump a 'force' dle in degraded mode"
    words.log('INFO', `Forcing full dump of ${spoken(dle)} as directed.`)
  } else if ((info.command & forceLevel1) !== 0) {
    plan.lastLevel = 0
    plan.daysToFull = 0
    words.log('INFO', `Forcing level 1 of ${spoken(dle)} as directed.`)
  }
  return plan
}

/** The volumes of the dumps that a restore needs now may be the next to be overwritten. */
function warnOfOverwriting(plan: DlePlan, facts: PlannerFacts, words: PlannerWords): void {
  const { dle, info, lastLevel } = plan
  if (facts.tapes === undefined || lastLevel < 0) return
  const name = spoken(dle)
  for (const level of [0, 1]) {
    const label = statsOf(info, level)?.place?.label
    if (label === undefined || (level === 1 && lastLevel < 2)) continue
    const runs = runsUntilOverwritten(label, facts.tapes, facts.cycle.runTapes)
    const what = level === 0 ? 'full' : 'level 1'
    const isReset = level === 1 && runs === 0
    if (runs === 0) words.log('WARNING', `Last ${what} dump of ${name} on tape ${label} overwritten on this run${isReset ? ', resetting to level 1' : '.'}`)
    else if (runs <= RUNS_REDZONE) words.log('WARNING', `Last ${what} dump of ${name} on tape ${label} overwritten in ${counted(runs, 'run')}.`)
    if (isReset) plan.lastLevel = 0
  }
}

function weigh(plan: DlePlan, words: PlannerWords): void {
  if (plan.daysToFull < 0) {
    words.line(`${spoken(plan.dle)} overdue ${counted(-plan.daysToFull, 'day')} for level 0`)
    plan.priority -= plan.daysToFull
  } else if ((plan.info.command & forceFull) !== 0) plan.priority += 1
}

function levelsToAsk(plan: DlePlan, words: PlannerWords): number[] {
  const { dle, info, lastLevel: last } = plan
  const name = spoken(dle)
  const levels: number[] = []
  const order = (command: number): boolean => (info.command & command) !== 0
  const isWithoutFull = dle.strategy === 'nofull' || dle.strategy === 'incronly'
  if (dle.strategy === 'noinc') {
    levels.push(0)
    if (dle.isFullSkipped) words.log('INFO', `Ignoring skip-full for ${name} because the strategy is NOINC.`)
    if (order(forceBump)) words.log('INFO', `Ignoring FORCE_BUMP for ${name} because the strategy is NOINC.`)
    plan.degradedMessage ??= `Skipping: ${last === -1 ? 'new disk' : 'strategy NOINC'} can't be dumped in degraded mode`
    return levels
  }
  if (!isWithoutFull && !dle.isFullSkipped && !order(forceLevel1) && (!order(forceBump) || last === -1)) levels.push(0)
  if (dle.isIncrementalSkipped) {
    if (last === -1) plan.degradedMessage ??= "Skipping: new disk can't be dumped in degraded mode"
    return levels
  }
  if (last === -1) {
    if (order(forceBump)) words.log('INFO', `Remove force-bump command of ${name} because it's a new disk.`)
    if (isWithoutFull) levels.push(1)
    plan.degradedMessage ??= "Skipping: new disk can't be dumped in degraded mode"
  } else if (order(forceLevel1)) {
    levels.push(1)
    plan.degradedMessage = "Skipping: force-level-1 disk can't be dumped in degraded mode"
  } else if (order(forceNoBump)) {
    if (last > 0) levels.push(last)
    words.log('INFO', `Preventing bump of ${name} as directed.`)
    plan.degradedMessage = "Skipping: force-no-bump disk can't be dumped in degraded mode"
  } else if (order(forceBump) && last < dle.levelMax) {
    levels.push(last + 1)
    words.log('INFO', `Bumping of ${name} at level ${last + 1} as directed.`)
    plan.degradedMessage = "Skipping: force-bump disk can't be dumped in degraded mode"
  } else if (last === 0) levels.push(1)
  else {
    levels.push(last)
    const size = statsOf(info, last)?.sizeKib ?? 0
    const isLarge = size > bumpThreshold(last, statsOf(info, 0)?.sizeKib ?? 0, dle.bump)
    if ((size === 0 || (isLarge && plan.levelDays >= dle.bump.days)) && last < dle.levelMax) levels.push(last + 1)
  }
  return levels
}

/** The disk as it goes into the run, or why it does not. */
export function setUpDisk(disk: DiskFacts, facts: PlannerFacts, words: PlannerWords): SetUpResult {
  const { dle } = disk
  const name = spoken(dle)
  const inLog = `${dle.host} ${quoteString(dle.disk)}`
  const plan = begin(disk, facts, words)
  warnOfOverwriting(plan, facts, words)
  weigh(plan, words)
  if (dle.isFullSkipped && dle.strategy !== 'noinc') {
    if (plan.daysToFull <= 0) {
      words.log('INFO', `Skipping full dump of ${name} today.`)
      words.line(`${name} lev 0 skipped due to skip-full flag`)
      words.line(`planner: SKIPPED ${inLog} 0 [skip-full]`)
      words.log('SUCCESS', `${inLog} ${facts.datestamp} 0 [skipped: skip-full]`)
      return { kind: 'skipped', level: 0, message: 'skip-full', info: withFullToday(plan.info, facts.nowS) }
    }
    if (plan.lastLevel === -1) plan.lastLevel = 0
    if (plan.daysToFull === 1) words.log('WARNING', `Skipping full dump of ${name} tomorrow.`)
  }
  if (dle.strategy === 'incronly' && plan.lastLevel === -1) {
    words.line(`${name} lev 1 skipped due to strategy incronly and no full dump were done`)
    const message = 'Skipping incronly because no full dump were done'
    words.log('FAIL', `${inLog} 19000101 1 [${message}]`)
    return { kind: 'failed', level: 1, message }
  }
  if (dle.isIncrementalSkipped && plan.daysToFull > 0) {
    words.line(`${name} lev 1 skipped due to skip-incr flag`)
    words.line(`planner: SKIPPED ${inLog} 1 [skip-incr]`)
    words.log('SUCCESS', `${inLog} ${facts.datestamp} 1 [skipped: skip-incr]`)
    return { kind: 'skipped', level: 1, message: 'skip-incr' }
  }
  if (plan.lastLevel === -1 && plan.daysToFull > 0 && dle.strategy !== 'nofull' && dle.strategy !== 'incronly') {
    words.log('WARNING', `${name} mismatch: no tapelist record, but curinfo next_level0: ${plan.daysToFull}.`)
    plan.daysToFull = 0
  }
  plan.levelDays = runsAt(plan.info, plan.lastLevel)
  plan.asked = levelsToAsk(plan, words)
  const asked = [...plan.asked, ...Array.from<number>({ length: ASKED_MAX }).fill(-1)].slice(0, ASKED_MAX)
  words.line(`setup_estimate: ${name}: command ${plan.info.command}, options: ${optionWords(plan)}    last_level ${plan.lastLevel} next_level0 ${plan.daysToFull} level_days ${plan.levelDays}    getting estimates ${asked.map((level) => `${level} (-3)`).join(' ')}`)
  return { kind: 'asked', plan }
}

function withFullToday(info: DiskInfo, nowS: number): DiskInfo {
  const full = statsOf(info, 0) ?? { level: 0, sizeKib: 0, storedKib: 0, seconds: 0 }
  return { ...without(info, forceFull), stats: [{ ...full, dateS: nowS }, ...info.stats.filter(({ level }) => level !== 0)] }
}

function optionWords({ dle }: DlePlan): string {
  if (dle.strategy === 'nofull') return 'no-full'
  if (dle.strategy === 'incronly') return 'incr-only'
  if (dle.isFullSkipped) return 'skip-full'
  return dle.isIncrementalSkipped ? 'skip-incr' : 'none'
}
