// Plays healthy runs of stock Amanda, several series at a time, and gives the logs of each to the doctor.

import path from 'node:path'
import { chmodSync } from 'node:fs'
import type { CaseContext } from '../case.ts'
import { playFault } from './fault-scenario.ts'
import { FirewallLab } from './firewall-lab.ts'
import { healthyRun, RUNS_OF_SERIES } from './healthy-runs.ts'
import { StockAmanda } from './stock-amanda.ts'

const FILE_COUNT = 200
const RATE_KIB = 10_000

/** Pairs of hosts at a time: most of a run is waiting. */
const LANES = 4

/** Plays the first `count` runs, a series on one pair of hosts. */
export async function playHealthy(context: CaseContext, count: number): Promise<string> {
  chmodSync(context.dir, 0o755)
  const series = Array.from({ length: Math.ceil(count / RUNS_OF_SERIES) }, (_none, index) => index)
  const lane = async (name: string): Promise<void> => {
    await using lab = await FirewallLab.create({ idleLimitS: 3600, forgotten: 'reset', kernelKeepaliveS: 600 })
    using stock = await StockAmanda.install(lab, path.join(context.dir, name), FILE_COUNT, RATE_KIB)
    for (let next = series.shift(); next !== undefined; next = series.shift()) {
      for (let number = next * RUNS_OF_SERIES; number < Math.min(count, (next + 1) * RUNS_OF_SERIES); number++) {
        await playFault(healthyRun(number), lab, stock, context.note)
        context.signal.throwIfAborted()
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(LANES, series.length) }, (_none, index) => lane(`healthy${index}`)))
  return `${count} runs of stock Amanda that were well: nothing above a notice`
}
