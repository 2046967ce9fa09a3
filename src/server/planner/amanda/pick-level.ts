// After the estimates: the level of one disk, and what is done instead when no volume can be written.

import { INFO_COMMANDS } from '../../../wire/amanda/curinfo.ts'
import { bumpThreshold, statsOf, weightedMean } from './disk-past.ts'
import { isForced, NO_LEVEL, type DlePlan, type LevelSize } from './dle-plan.ts'
import { spoken, type PlannerWords } from './planner-words.ts'

/** Compression makes nothing larger than this, whatever the past says. */
const RATIO_MAX = 1.1

/** The size of a level that was asked for. */
export function sizeOf({ dle, info, asked, sizes }: DlePlan, level: number): LevelSize {
  if (!asked.includes(level)) return NO_LEVEL
  const kib = sizes.get(level) ?? -1
  if (kib < 0 || dle.expectedRatios === undefined) return { level, kib, storedKib: kib }
  const known = level === 0 ? weightedMean(info.full.ratios, dle.expectedRatios.full) : weightedMean(info.incremental.ratios, dle.expectedRatios.incremental)
  return { level, kib, storedKib: Math.max(1, Math.trunc(kib * Math.min(known, RATIO_MAX))) }
}

function pickIncremental(plan: DlePlan, words: PlannerWords): LevelSize {
  const { dle, lastLevel, levelDays } = plan
  if (dle.strategy === 'nofull') {
    words.line('   picklev: no-full set, so always level 1')
    return sizeOf(plan, 1)
  }
  const here = sizeOf(plan, lastLevel)
  const next = sizeOf(plan, lastLevel + 1)
  if (here.kib === -1) {
    if (next.kib > 0) words.line(`   picklev: bumping to level ${next.level}`)
    // A level without a size has no number for Amanda's planner.
    else words.line(`   picklev: no estimate for level ${NO_LEVEL.level}, so no incs`)
    return next.kib > 0 ? next : here
  }
  if (lastLevel === 0) {
    words.line('   picklev: last night 0, so tonight level 1')
    return sizeOf(plan, 1)
  }
  const threshold = bumpThreshold(lastLevel, sizeOf(plan, 0).kib, dle.bump)
  words.line(`   pick: size ${here.kib} level ${lastLevel} days ${levelDays} (thresh ${threshold}K, ${dle.bump.days} days)`)
  if (lastLevel >= dle.levelMax || levelDays < dle.bump.days || here.kib <= threshold || next.kib === -1) return here
  words.say(`   pick: next size ${next.kib}... `)
  if (here.kib - next.kib < threshold) {
    words.line('not bumped')
    return here
  }
  words.line('BUMPED')
  words.log('INFO', `Incremental of ${spoken(dle)} bumped to level ${next.level}.`)
  return next
}

function pickWhenDue(plan: DlePlan, words: PlannerWords): void {
  if (plan.daysToFull <= 0) words.say('(due for level 0) ')
  plan.chosen = sizeOf(plan, 0)
  if (plan.chosen.storedKib <= 0) {
    words.line('(no estimate for level 0, picking an incr level)')
    plan.chosen = pickIncremental(plan, words)
    if (plan.chosen.kib === -1) plan.chosen = sizeOf(plan, plan.chosen.level + 1)
    return
  }
  const { isIncrementalSkipped } = plan.dle
  if (plan.lastLevel === -1 || isIncrementalSkipped) {
    words.line(`(${isIncrementalSkipped ? 'skip-incr' : 'new'} disk, can't switch to degraded mode)`)
    if (isIncrementalSkipped) plan.degradedMessage ??= "Skpping: skip-incr disk can't be dumped in degraded mode"
    return
  }
  words.say('(picking inclevel for degraded mode)')
  plan.degraded = pickIncremental(plan, words)
  if (plan.degraded.storedKib !== -1) return
  words.line('(no inc estimate)')
  plan.degradedMessage ??= 'Skipping: an incremental estimate could not be performed, so disk cannot be dumped in degraded mode'
  plan.degraded = NO_LEVEL
}

/** Chooses by the disk alone. */
export function pickLevel(plan: DlePlan, words: PlannerWords): void {
  words.say(`pondering ${spoken(plan.dle)}... next_level0 ${plan.daysToFull} last_level ${plan.lastLevel} `)
  // A level 0 that must not be raised is made again.
  plan.isFullDue = plan.daysToFull <= 0 || (plan.lastLevel === 0 && isForced(plan, INFO_COMMANDS.forceNoBump))
  if (plan.isFullDue) pickWhenDue(plan, words)
  else {
    words.line('(not due for a full dump, picking an incr level)')
    plan.chosen = pickIncremental(plan, words)
    for (const level of [plan.lastLevel, plan.lastLevel + 1, 0]) if (plan.chosen.kib === -1) plan.chosen = sizeOf(plan, level)
    plan.degradedMessage ??= "Skipping: a full is not planned, so can't dump in degraded mode"
  }
  words.say(`  curr level ${plan.chosen.level} nsize ${plan.chosen.kib} csize ${plan.chosen.storedKib} `)
}

/** KiB per second: the mean of the newest dumps of this kind. */
export function rateOf({ info }: DlePlan, isFull: boolean): number {
  const rate = weightedMean((isFull ? info.full : info.incremental).rates, 0)
  return rate < 1 ? RATE_KIB : rate
}

/** Of a disk whose rate nobody knows. */
const RATE_KIB = 1024

/** Stored size of the full dump: as estimated, or as it was the last time; 0 if nobody knows. */
export function fullKib(plan: DlePlan): number {
  const estimated = sizeOf(plan, 0).storedKib
  return estimated === -1 ? lastFullKib(plan) : estimated
}

export function lastFullKib({ info }: DlePlan): number {
  return statsOf(info, 0)?.storedKib ?? 0
}
