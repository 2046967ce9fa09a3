// The dumps of one run while they are weighed against each other: the order they are made in, how much they write, how many full dumps
// a run should have.

import { fullKib } from './pick-level.ts'
import type { DlePlan, LevelSize } from './dle-plan.ts'
import type { CycleFacts } from './facts.ts'

export class Night {
  readonly cycle: CycleFacts
  /** What the volumes of the run hold, in KiB. */
  readonly capacityKib: number
  /** In the order they are written to the schedule. */
  readonly queue: DlePlan[] = []
  /** All that is written, labels and file marks too, in KiB. */
  totalKib: number
  /** Of full dumps. */
  fullsKib = 0
  /** What full dumps would be if each night had its share. */
  shareKib = 0

  constructor(cycle: CycleFacts) {
    this.cycle = cycle
    this.capacityKib = cycle.maxDumpKib ?? cycle.tapeKib * cycle.runTapes
    // The label of a volume and its end.
    this.totalKib = 2 * this.overheadKib
  }

  /** What a dump of no bytes takes on a volume. */
  get overheadKib(): number {
    return this.cycle.blockKib + this.cycle.filemarkKib
  }

  /** By priority, then large before small. */
  insert(plan: DlePlan): void {
    const index = this.queue.findIndex((other) => other.priority < plan.priority || (other.priority === plan.priority && other.chosen.storedKib < plan.chosen.storedKib))
    this.queue.splice(index === -1 ? this.queue.length : index, 0, plan)
  }

  remove(plan: DlePlan): void {
    const index = this.queue.indexOf(plan)
    if (index !== -1) this.queue.splice(index, 1)
  }

  /** What the run would write with `plan` at another level. */
  totalWith(plan: DlePlan, size: LevelSize): number {
    return this.totalKib - plan.chosen.storedKib + size.storedKib
  }

  add(plan: DlePlan): void {
    this.insert(plan)
    this.totalKib += plan.chosen.storedKib + this.overheadKib
    if (plan.isFullDue && plan.chosen.level === 0) this.fullsKib += plan.chosen.storedKib
    this.#share(plan)
  }

  #share(plan: DlePlan): void {
    const { dle } = plan
    if (dle.isFullSkipped || dle.strategy === 'nofull' || dle.strategy === 'incronly') return
    const { dumpCycleDays, runsPerCycle } = this.cycle
    const full = fullKib(plan)
    if (dle.strategy === 'noinc') this.shareKib += full
    else if (dle.dumpCycleDays === 0) this.shareKib += Math.trunc((full * dumpCycleDays) / runsPerCycle)
    else if (dle.dumpCycleDays !== dumpCycleDays) this.shareKib += Math.trunc((full * Math.trunc(dumpCycleDays / dle.dumpCycleDays)) / runsPerCycle)
    else this.shareKib += Math.trunc(full / runsPerCycle)
  }
}
