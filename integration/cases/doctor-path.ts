// `holdfast doctor path` through a real firewall with connection tracking: limits that are found, limits of one direction, no limit and no false
// alarm, and packets that are lost meanwhile. In npm test a choice of them side by side; `doctor-path:all` plays the whole matrix, some labs at a
// time, and `doctor-path:NAME,…` those that are named. Then an agent behind such a firewall, whose heartbeat is applied,
// a stock amandad, and a NAT behind which large packets vanish.

import { chmodSync } from 'node:fs'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { noFirewall } from '../lab/namespaces.ts'
import { runAgentPath } from '../lab/path-of-agent.ts'
import { runStockPath } from '../lab/path-to-stock.ts'
import { STOCK_PROGRAMS } from '../lab/stock-amanda.ts'
import { runPathScenario, runRewritingPath, scenarioName, type PathScenario } from '../lab/path-scenario.ts'

type Part = { readonly name: string; run(context: CaseContext): Promise<string> }

/** Every combination that the doctor must tell apart. */
function matrix(): PathScenario[] {
  const scenarios: PathScenario[] = []
  for (const lossPercent of [0, 1, 5, 10]) {
    scenarios.push({ limitS: undefined, forgotten: 'reset', forgetsFrom: 'both', lossPercent })
    for (const limitS of [5, 20, 60]) {
      for (const forgotten of ['reset', 'silence'] as const) {
        for (const forgetsFrom of ['both', 'server', 'client'] as const) scenarios.push({ limitS, forgotten, forgetsFrom, lossPercent })
      }
    }
  }
  return scenarios
}

/** Of npm test: all limits, both ways of showing, one direction, and losses, within a hundred seconds on a machine that has nothing else to do. */
const IN_TEST = ['60-reset', '20-reset', '20-silence-loss5', '5-silence', '5-reset-client', '5-silence-server', '5-reset-loss10', 'none-loss10']
/** Labs at a time when the whole matrix is played: they mostly sleep, but each begins with throughput. */
const LABS_AT_ONCE = 10

const PARTS: readonly Part[] = [
  ...matrix().map((scenario) => ({ name: scenarioName(scenario), run: (context: CaseContext) => runPathScenario(scenario, context.dir, context.signal) })),
  { name: 'agent', run: runAgentPath },
  { name: 'stock', run: runStockPath },
  { name: 'rewriting', run: (context) => runRewritingPath(context.dir) },
]

function chosenParts(names: readonly string[]): readonly Part[] {
  if (names.includes('all')) return PARTS
  const wanted = names.length === 0 ? [...IN_TEST, 'agent', 'stock', 'rewriting'] : names
  return wanted.map((name) => {
    const part = PARTS.find((known) => known.name === name)
    if (part === undefined) throw new Error(`no part ${name}; there are all, ${PARTS.map((known) => known.name).join(', ')}`)
    return part
  })
}

async function run(context: CaseContext): Promise<string> {
  // amandad runs as a user of its own.
  chmodSync(context.dir, 0o755)
  const waiting = [...chosenParts(context.parts)]
  const count = waiting.length
  const failures: string[] = []
  const worker = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      try {
        context.note(await part.run(context))
      } catch (error) {
        failures.push(`${part.name}: ${(error as Error).message}`)
        context.note(`NOT AS IT MUST BE: ${failures.at(-1)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(LABS_AT_ONCE, context.parts.length === 0 ? count : 0) }, worker))
  if (failures.length > 0) throw new Error(failures.join('\n'))
  return `${count} paths measured, each as it is`
}

export const integrationCase: IntegrationCase = {
  name: 'doctor-path',
  summary: 'The path between two machines through a real firewall: idle limits found, none invented, with packets lost too',
  needs: ['ip', 'nft', 'conntrack', 'sysctl', ...STOCK_PROGRAMS],
  needsRoot: true,
  probe: noFirewall,
  isPatient: true,
  timeoutMs: 1_800_000,
  run,
}
