// Amanda's planner: which disks are dumped in a run, at which level, and why. Two steps, between which clients are asked for sizes:
// setUpRun says which, planRun makes the schedule. Pure; what it decides is also said in Amanda's words.

import type { DiskInfo } from '../../../wire/amanda/curinfo.ts'
import { quoteString } from '../../../wire/amanda/quote.ts'
import type { RunLogEntry } from '../../../wire/amanda/run-log.ts'
import type { ScheduledLevel } from '../../../wire/amanda/schedule.ts'
import { delayDumps } from './delay.ts'
import { baseDate } from './disk-past.ts'
import type { DlePlan, LevelSize } from './dle-plan.ts'
import type { DleFacts, PlannerFacts } from './facts.ts'
import { Night } from './night.ts'
import { pickLevel, rateOf } from './pick-level.ts'
import { PlannerWords, spoken } from './planner-words.ts'
import { promoteDumps } from './promote.ts'
import { reasonOf } from './reason.ts'
import { setUpDisk } from './set-up.ts'

export interface LeftOutDisk {
  readonly dle: DleFacts
  /** `failed`: it should have been dumped. */
  readonly kind: 'skipped' | 'failed'
  readonly level: number
  readonly message: string
  /** What the memory of the disk becomes, if this changes it. */
  readonly info?: DiskInfo
}

export interface SetUpRun {
  /** Disks whose sizes are needed, with the levels: those of DlePlan's `asked`. */
  readonly plans: readonly DlePlan[]
  readonly leftOut: readonly LeftOutDisk[]
  readonly words: PlannerWords
}

/** What is known of the sizes of one disk, in the order in which clients answered. */
export interface Estimated {
  readonly plan: DlePlan
  /** KiB by level; a level the client cannot tell is missing. */
  readonly sizes: ReadonlyMap<number, number>
  /** Levels whose size is a guess. */
  readonly guessed?: ReadonlySet<number>
}

export interface ScheduledDump extends ScheduledLevel {
  readonly dle: DleFacts
  readonly priority: number
  readonly degraded: ScheduledLevel | { readonly message: string }
  /** Nothing tells its size. */
  readonly isGuess: boolean
  /** Why this level, for people. */
  readonly reason: string
}

export interface Schedule {
  /** In the order they should start. */
  readonly dumps: readonly ScheduledDump[]
  readonly leftOut: readonly LeftOutDisk[]
  readonly trace: readonly string[]
  readonly entries: readonly RunLogEntry[]
}

export function setUpRun(facts: PlannerFacts): SetUpRun {
  const words = new PlannerWords()
  const plans: DlePlan[] = []
  const leftOut: LeftOutDisk[] = []
  const { tapes, cycle } = facts
  if (tapes !== undefined && tapes.retainedTapes <= cycle.runsPerCycle) words.log('WARNING', `tapecycle (${tapes.retainedTapes}) <= runspercycle (${cycle.runsPerCycle})`)
  words.line('SETTING UP FOR ESTIMATES...')
  for (const disk of facts.disks) {
    const result = setUpDisk(disk, facts, words)
    if (result.kind === 'asked') plans.push(result.plan)
    else leftOut.push({ dle: disk.dle, ...result })
  }
  return { plans, leftOut, words }
}

/** As C prints a number without its fraction. */
function halfToEven(value: number): number {
  const below = Math.floor(value)
  if (value - below !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}

function scheduled(plan: DlePlan, { level, kib, storedKib }: LevelSize, isFull: boolean): ScheduledLevel {
  const rate = rateOf(plan, isFull)
  return { level, sinceS: baseDate(plan.info, level), sizeKib: kib, storedKib, seconds: Math.trunc(storedKib / rate), rateKib: halfToEven(rate) }
}

const NO_REASON = 'Skipping: cannot dump in degraded mode for unknown reason'

/** A disk of `setUp` that is not in `estimates` is left out by the caller, who knows why. */
export function planRun(facts: PlannerFacts, setUp: SetUpRun, estimates: readonly Estimated[]): Schedule {
  const { words } = setUp
  const { datestamp } = facts
  const night = new Night(facts.cycle)
  words.line('ANALYZING ESTIMATES...')
  for (const { plan, sizes, guessed } of estimates) {
    plan.sizes = sizes
    plan.guessed = guessed ?? new Set()
    pickLevel(plan, words)
    night.add(plan)
    words.line(`total size ${night.totalKib} total_lev0 ${night.fullsKib} balanced-lev0size ${night.shareKib}`)
  }
  words.line(`INITIAL SCHEDULE (size ${night.totalKib}):`)
  for (const { dle, priority, chosen } of night.queue) words.line(`  ${dle.host} ${quoteString(dle.disk)} pri ${priority} lev ${chosen.level} nsize ${chosen.kib} csize ${chosen.storedKib}`)
  const delayed = delayDumps(night, datestamp, words)
  promoteDumps(night, words)
  words.line('GENERATING SCHEDULE:')
  const dumps: ScheduledDump[] = []
  const leftOut = [...setUp.leftOut, ...delayed.map(({ plan, level, message }): LeftOutDisk => ({ dle: plan.dle, kind: 'failed', level, message }))]
  for (const plan of night.queue) {
    const { dle, chosen, degraded, degradedMessage, priority } = plan
    if (plan.guessed.has(chosen.level)) words.log('WARNING', `WARNING: no history available for ${spoken(dle)}; guessing that size will be ${chosen.storedKib} KB`)
    if (chosen.storedKib === -1) {
      const text = `${dle.host} ${quoteString(dle.disk)} ${datestamp} ${chosen.level}`
      words.line(`planner: FAILED ${text} "[no estimate]"`)
      words.log('FAIL', `${text} [no estimate]`)
      leftOut.push({ dle, kind: 'failed', level: chosen.level, message: 'no estimate' })
      continue
    }
    const instead = chosen.level === 0 && degraded.level !== -1 ? scheduled(plan, degraded, false) : { message: degradedMessage ?? NO_REASON }
    dumps.push({ dle, priority, ...scheduled(plan, chosen, chosen.level === 0), degraded: instead, isGuess: plan.guessed.has(chosen.level), reason: reasonOf(plan) })
  }
  return { dumps, leftOut, trace: words.trace, entries: words.entries }
}
