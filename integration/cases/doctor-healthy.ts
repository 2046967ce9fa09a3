// No false alarm: two hundred runs of stock Amanda that are well, each given to the doctor, and nothing above a notice. `doctor-healthy:0,17` plays
// some of them, with the runs of their series that came before.

import path from 'node:path'
import { chmodSync } from 'node:fs'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { playFault } from '../lab/fault-scenario.ts'
import { FirewallLab } from '../lab/firewall-lab.ts'
import { healthyRun, RUNS_OF_SERIES } from '../lab/healthy-runs.ts'
import { noMounts } from '../lab/namespaces.ts'
import { STOCK_PROGRAMS, StockAmanda } from '../lab/stock-amanda.ts'

const RUNS = 200
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

export const integrationCase: IntegrationCase = {
  name: 'doctor-healthy',
  summary: 'The doctor on the logs of 200 different runs of stock Amanda that are well: no false alarm',
  needs: STOCK_PROGRAMS,
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 5_400_000,
  isInTest: false,
  run: (context) => playHealthy(context, context.parts.length === 0 ? RUNS : Math.max(...context.parts.map(Number)) + 1),
}
