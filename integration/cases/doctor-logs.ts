// `holdfast doctor logs` on the logs of stock Amanda that really failed: the short scenarios of integration/faults/, and a run that is well.

import path from 'node:path'
import { chmodSync, readdirSync } from 'node:fs'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { ALL_FAULTS } from '../faults/all-faults.ts'
import { playFault, type FaultScenario } from '../lab/fault-scenario.ts'
import { FirewallLab } from '../lab/firewall-lab.ts'
import { must } from '../lab/must.ts'
import { playHealthy } from '../lab/healthy-play.ts'
import { noMounts } from '../lab/namespaces.ts'
import { STOCK_PROGRAMS, StockAmanda } from '../lab/stock-amanda.ts'

const FILE_COUNT = 200
const RATE_KIB = 10_000
/** Each is of another way to talk or to dump; all two hundred are played by the case doctor-healthy. */
const HEALTHY_RUNS = 8

const HEALTHY: FaultScenario = { name: 'nothing-wrong', how: 'nothing was broken', failures: [] }

/** Plays `scenarios` one after the other, a healthy run first. */
export async function playFaults(context: CaseContext, scenarios: readonly FaultScenario[]): Promise<string> {
  chmodSync(context.dir, 0o755)
  await using lab = await FirewallLab.create({ idleLimitS: 3600, forgotten: 'reset', kernelKeepaliveS: 600 })
  using stock = await StockAmanda.install(lab, path.join(context.dir, 'stock'), FILE_COUNT, RATE_KIB)
  await playFault(HEALTHY, lab, stock, context.note)
  must(readdirSync(stock.at('server', 'lib/lab/vtapes/slot1')).some((file) => file.startsWith('00001.')), 'the good run left no dump on a volume')
  const failures: string[] = []
  for (const scenario of scenarios) {
    try {
      await playFault(scenario, lab, stock, context.note)
    } catch (error) {
      // The others are worth playing all the same.
      failures.push((error as Error).message)
      context.note(`NOT AS IT MUST BE: ${failures.at(-1)}`)
    }
    context.signal.throwIfAborted()
  }
  if (failures.length > 0) throw new Error(failures.join('\n'))
  return `${scenarios.length} broken set-ups of stock Amanda diagnosed: ${scenarios.map(({ name }) => name).join(', ')}`
}

export const integrationCase: IntegrationCase = {
  name: 'doctor-logs',
  summary: 'The doctor on logs of stock Amanda that was broken in several ways',
  needs: STOCK_PROGRAMS,
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 900_000,
  async run(context) {
    const well = await playHealthy(context, HEALTHY_RUNS)
    return `${await playFaults(context, ALL_FAULTS.filter(({ isInTest }) => isInTest === true))}; ${well}`
  },
}
