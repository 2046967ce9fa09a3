// Plays a schedule of a world to its end and says what became of it. What the play throws is the failure.

import { describeStop, type Scheduler } from './scheduler.ts'
import type { SimRun } from './world.ts'

export async function guarded(scheduler: Scheduler, seed: number, play: () => Promise<unknown>): Promise<SimRun> {
  let failure: string | undefined
  try {
    await play()
  } catch (error) {
    failure = `at ${Math.round(scheduler.time.nowMs)} ms: ${describeStop(error)}`
  }
  return { seed, failure, faults: scheduler.faults, states: scheduler.states, steps: scheduler.steps, virtualMs: scheduler.time.nowMs, trace: scheduler.trace }
}
