// A run that is larger than its volumes: full dumps become incrementals, and what still does not fit is left out; then what fits after
// all comes back.

import { INFO_COMMANDS } from '../../../wire/amanda/curinfo.ts'
import { quoteString } from '../../../wire/amanda/quote.ts'
import { statsOf } from './disk-past.ts'
import { isForced, type DlePlan, type LevelSize } from './dle-plan.ts'
import type { Night } from './night.ts'
import { sizeOf } from './pick-level.ts'
import { spoken, type PlannerWords } from './planner-words.ts'

export interface LeftOut {
  readonly plan: DlePlan
  readonly level: number
  readonly message: string
}

/** A decision that may be taken back. */
interface Delayed extends LeftOut {
  readonly chosen: LevelSize
  readonly isLeftOut: boolean
}

class Delaying {
  readonly #night: Night
  readonly #datestamp: string
  readonly #words: PlannerWords
  readonly #delayed: Delayed[] = []

  constructor(night: Night, datestamp: string, words: PlannerWords) {
    this.#night = night
    this.#datestamp = datestamp
    this.#words = words
  }

  get #isTooLarge(): boolean {
    return this.#night.totalKib > this.#night.capacityKib
  }

  #delay(plan: DlePlan, isLeftOut: boolean, message: string): void {
    const { chosen } = plan
    const night = this.#night
    this.#delayed.push({ plan, level: chosen.level, chosen, isLeftOut, message })
    if (chosen.level === 0) night.fullsKib -= chosen.storedKib
    night.totalKib -= chosen.storedKib
    if (isLeftOut) {
      night.totalKib -= night.overheadKib
      night.remove(plan)
    } else {
      plan.chosen = plan.degraded
      plan.turn = { kind: 'delayed' }
      night.totalKib += plan.chosen.storedKib
    }
  }

  /** What the volumes of a run hold of one dump, whatever the configuration lets a run write in all. */
  #roomKib({ dle }: DlePlan): number {
    const { tapeKib, runTapes } = this.#night.cycle
    return tapeKib * (dle.isSplit ? runTapes : 1)
  }

  /** What no set of volumes of one run holds. */
  tooLargeAlone(): void {
    const { tapeKib } = this.#night.cycle
    for (const plan of this.#night.queue.slice()) {
      const roomKib = this.#roomKib(plan)
      this.#warnOfFull(plan, roomKib)
      if (plan.chosen.storedKib <= roomKib) continue
      const { isLeftOut, why } = this.#withoutFull(plan, tapeKib)
      if (isLeftOut && !this.#night.cycle.mustFit) continue
      this.#delay(plan, isLeftOut, `dump estimate ( ${plan.chosen.storedKib} KB ) is larger than available tape space ( ${roomKib} KB ),  ${why}`)
    }
  }

  #warnOfFull(plan: DlePlan, roomKib: number): void {
    const fullKib = sizeOf(plan, 0).storedKib
    if (fullKib <= roomKib) return
    const hint = this.#night.cycle.runTapes > 1 ? ', you could allow it to split' : ''
    this.#words.log('WARNING', `disk ${spoken(plan.dle)}, full dump (${fullKib}KB) will be larger than available tape space${hint}`)
  }

  /** `incrementalKibMax`: of one volume, even of a disk that may lie on several. */
  #withoutFull(plan: DlePlan, incrementalKibMax: number): { isLeftOut: boolean; why: string } {
    if (plan.chosen.level > 0) return { isLeftOut: true, why: 'skipping incremental' }
    if (plan.dle.isIncrementalSkipped) return { isLeftOut: true, why: 'but cannot incremental dump skip-incr disk' }
    if (plan.lastLevel < 0) return { isLeftOut: true, why: 'but cannot incremental dump new disk' }
    if (plan.degraded.level < 0) return { isLeftOut: true, why: 'but no incremental estimate' }
    if (plan.degraded.storedKib > incrementalKibMax) return { isLeftOut: true, why: 'incremental dump also larger than tape' }
    return { isLeftOut: false, why: 'full dump delayed, doing incremental' }
  }

  #delayFull(plan: DlePlan): void {
    const { isLeftOut, why } = this.#withoutFull(plan, Infinity)
    this.#delay(plan, isLeftOut, `dumps too big, ${plan.chosen.storedKib} KB, ${isLeftOut ? why : 'full dump delayed, doing incremental'}`)
  }

  #mayDelay(plan: DlePlan): boolean {
    return plan.chosen.level === 0 && (this.#night.cycle.mustFit || !this.#withoutFull(plan, Infinity).isLeftOut)
  }

  /** The full dump that is made whatever happens: of highest priority, then the one whose last is the oldest. */
  #preserved(): DlePlan | undefined {
    let preserved: DlePlan | undefined
    for (const plan of this.#night.queue) {
      if (plan.chosen.level !== 0) continue
      if (preserved === undefined || plan.priority > preserved.priority || (plan.priority === preserved.priority && lastFullS(plan) < lastFullS(preserved))) preserved = plan
    }
    return preserved
  }

  /**
   * The youngest last full dump first; one that has none stays. A full dump that was ordered is preserved in the place of the other (of several the first of the schedule); when
   * that is not enough, every other full dump goes, from the end of the schedule.
   */
  fulls(): void {
    const fulls = this.#night.queue.filter(({ chosen }) => chosen.level === 0)
    const forced = fulls.filter((plan) => isForced(plan, INFO_COMMANDS.forceFull))
    const preserved = this.#preserved()
    while (this.#isTooLarge) {
      let youngest: DlePlan | undefined
      for (const plan of this.#night.queue.toReversed()) {
        if (plan === preserved || forced.includes(plan) || !this.#mayDelay(plan)) continue
        if (lastFullS(plan) > (youngest === undefined ? 0 : lastFullS(youngest))) youngest = plan
      }
      if (youngest === undefined) break
      this.#delayFull(youngest)
    }
    if (forced.length === 0) return
    for (const plan of this.#night.queue.toReversed()) if (this.#isTooLarge && plan !== forced[0] && this.#mayDelay(plan)) this.#delayFull(plan)
  }

  /** From the end of the schedule. */
  incrementals(): void {
    for (const plan of this.#night.queue.toReversed()) {
      if (!this.#isTooLarge || !this.#night.cycle.mustFit) return
      if (plan.chosen.level > 0) this.#delay(plan, true, `dumps way too big, ${plan.chosen.storedKib} KB, must skip incremental dumps`)
    }
  }

  /** Takes back, the last decision first, what the volumes have room for now. */
  takeBack(): void {
    const night = this.#night
    for (const delayed of this.#delayed.toReversed()) {
      const { plan, chosen, isLeftOut } = delayed
      const totalKib = isLeftOut ? night.totalKib + chosen.storedKib + night.overheadKib : night.totalWith(plan, chosen)
      if (totalKib > night.capacityKib || chosen.storedKib > this.#roomKib(plan)) continue
      night.totalKib = totalKib
      plan.chosen = chosen
      plan.turn = { kind: 'kept' }
      if (isLeftOut) {
        if (chosen.level === 0) night.fullsKib += chosen.storedKib
        night.insert(plan)
      }
      this.#delayed.splice(this.#delayed.indexOf(delayed), 1)
    }
  }

  /** Tells what remains delayed; returns what is left out. */
  tell(): LeftOut[] {
    for (const { plan, level, isLeftOut, message } of this.#delayed) {
      const { host, disk } = plan.dle
      const text = `${host} ${quoteString(disk)} ${this.#datestamp} ${level} ["${message}"]`
      if (isLeftOut) {
        this.#words.line(`planner: FAILED ${text}`)
        this.#words.log('FAIL', text)
      } else {
        this.#words.line(`  delay: ${text} now at level ${plan.chosen.level}`)
        this.#words.log('INFO', text)
      }
    }
    return this.#delayed.filter(({ isLeftOut }) => isLeftOut)
  }
}

function lastFullS({ info }: DlePlan): number {
  return statsOf(info, 0)?.dateS ?? 0
}

/** Makes the run fit into its volumes. */
export function delayDumps(night: Night, datestamp: string, words: PlannerWords): LeftOut[] {
  words.line(`DELAYING DUMPS IF NEEDED, total_size ${night.totalKib}, tape length ${night.capacityKib} mark ${night.cycle.filemarkKib}`)
  const delaying = new Delaying(night, datestamp, words)
  delaying.tooLargeAlone()
  delaying.fulls()
  delaying.incrementals()
  delaying.takeBack()
  const leftOut = delaying.tell()
  words.line(`  delay: Total size now ${night.totalKib}.`)
  return leftOut
}
