// Runs one input against its target and judges the end: what may be thrown, and how long it may take.

import { Fault } from '../../src/kernel/fault.ts'
import type { FuzzTarget } from './target.ts'

/** Processor time of one input, ms. A good decoder needs a hundredth of it for the largest input. */
export const INPUT_CPU_MS_MAX = 1_000

/** What was wrong, or undefined. */
export async function judge(target: FuzzTarget, input: Buffer): Promise<string | undefined> {
  const before = process.threadCpuUsage()
  try {
    await target.run(input)
  } catch (error) {
    if (!(error instanceof Fault)) return error instanceof Error ? (error.stack ?? error.message) : `threw ${String(error)}`
    if (!target.codes.includes(error.code)) return `a Fault of code ${error.code}, which is not promised: ${error.stack ?? error.message}`
  }
  const used = process.threadCpuUsage(before)
  const cpuMs = (used.user + used.system) / 1000
  return cpuMs > INPUT_CPU_MS_MAX ? `took ${Math.round(cpuMs)} ms of processor time` : undefined
}
