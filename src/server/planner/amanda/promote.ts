// Full dumps before their day, so that every night has its share of them.

import { quoteString } from '../../../wire/amanda/quote.ts'
import type { DlePlan } from './dle-plan.ts'
import type { Night } from './night.ts'
import { lastFullKib, sizeOf } from './pick-level.ts'
import { counted, spoken, type PlannerWords } from './planner-words.ts'

/** A night may be so much off its share. */
const TOLERANCE = 0.05
/** Days that are looked at for crowds. */
const HILL_DAYS_MAX = 10_000

function moveUp(plan: DlePlan, night: Night, how: string, words: PlannerWords): void {
  const full = sizeOf(plan, 0)
  const days = plan.daysToFull
  night.totalKib = night.totalWith(plan, full)
  night.fullsKib += full.storedKib
  plan.degraded = plan.chosen
  plan.chosen = full
  plan.daysToFull = 0
  plan.turn = { kind: 'promoted', days }
  words.line(`   promote: moving ${spoken(plan.dle)} up, total_lev0 ${night.fullsKib}, total_size ${night.totalKib}`)
  words.log('INFO', `Full dump of ${spoken(plan.dle)} ${how} from ${counted(days, 'day')} ahead.`)
}

/** Of all dumps of the run, and of those of one host: full ones, and those whose full is due on one day. */
interface Counts {
  readonly fulls: number
  readonly dueThatDay: number
}

function count(plans: readonly DlePlan[], day: number): Counts {
  let fulls = 0
  let dueThatDay = 0
  for (const plan of plans) {
    if (plan.chosen.level === 0) fulls++
    else if (plan.daysToFull === day) dueThatDay++
  }
  return { fulls, dueThatDay }
}

/** Higher: better made tonight. A host that has full dumps already waits; one with many on that day goes first. */
function worth(ofHost: Counts, dumpCycleDays: number, daysToFull: number): { readonly crowd: number; readonly fulls: number; readonly value: number } {
  const tonight = ofHost.fulls ** 2
  const crowd = tonight === 0 && ofHost.dueThatDay > 1 ? ofHost.dueThatDay + 1 : ofHost.dueThatDay
  const value = (crowd >= tonight ? (crowd - tonight) ** 2 : -tonight) + dumpCycleDays - daysToFull
  return { crowd, fulls: ofHost.fulls, value }
}

function mayMove(plan: DlePlan, night: Night): boolean {
  return plan.daysToFull > 0 && plan.daysToFull <= plan.dle.maxPromoteDay && sizeOf(plan, 0).storedKib > 0 && night.totalWith(plan, sizeOf(plan, 0)) <= night.capacityKib
}

function promoteOne(night: Night, words: PlannerWords): boolean {
  const hosts = Map.groupBy(night.queue, ({ dle }) => dle.host)
  let best: { readonly plan: DlePlan; readonly value: number } | undefined
  for (const plan of night.queue) {
    if (!mayMove(plan, night)) continue
    const all = count(night.queue, plan.daysToFull)
    if (all.fulls > 0 && night.fullsKib + sizeOf(plan, 0).storedKib > night.shareKib * (1 + TOLERANCE)) continue
    if (all.fulls === 0 && all.dueThatDay === 1) continue
    const { crowd, fulls, value } = worth(count(hosts.get(plan.dle.host) ?? [], plan.daysToFull), night.cycle.dumpCycleDays, plan.daysToFull)
    const isBetter = best === undefined || best.value < value
    if (isBetter) best = { plan, value }
    words.line(`${isBetter ? '   try' : 'no try'} ${plan.dle.host}:${quoteString(plan.dle.disk)} ${crowd} ${fulls} ${plan.daysToFull} = ${value}`)
  }
  if (best === undefined) return false
  moveUp(best.plan, night, 'promoted', words)
  return true
}

/** One dump of the day with the largest crowd, when the night has no full dump at all. */
function cutHill(night: Night, words: PlannerWords): void {
  const daysMax = Math.min(HILL_DAYS_MAX, night.cycle.dumpCycleDays)
  const candidates = night.queue.filter(({ dle, daysToFull }) => daysToFull < daysMax && !dle.isFullSkipped && dle.strategy !== 'nofull' && dle.strategy !== 'incronly')
  const hills = [...Map.groupBy(candidates, ({ daysToFull }) => daysToFull)].map(([days, plans]) => ({ days, plans, kib: plans.reduce((sum, plan) => sum + lastFullKib(plan), 0) }))
  const tallest = hills.filter(({ plans, kib }) => plans.length > 1 && kib > 0).toSorted((a, b) => b.kib - a.kib || a.days - b.days)
  for (const { plans } of tallest) {
    const plan = plans.find((one) => mayMove(one, night))
    if (plan === undefined) continue
    moveUp(plan, night, 'specially promoted', words)
    return
  }
}

export function promoteDumps(night: Night, words: PlannerWords): void {
  words.line(`PROMOTING DUMPS IF NEEDED, total_lev0 ${night.fullsKib}, balanced_size ${night.shareKib}...`)
  while (night.shareKib - night.fullsKib > night.shareKib * TOLERANCE && promoteOne(night, words));
  if (night.fullsKib === 0) cutHill(night, words)
}
