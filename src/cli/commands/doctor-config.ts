// `holdfast doctor config`: what is wrong with the configuration and with what came of it, from the configuration, the catalog, and the
// agents if the server runs.

import type { ConfigProblem, ResolvedConfig } from '../../config/resolved.ts'
import { CONFIG_CHECKS } from '../../server/check/config/config-checks.ts'
import type { CheckFinding, ControlResults } from '../../server/control/contract.ts'
import { gatherConfigFacts } from '../config-facts.ts'
import type { CommandBody } from '../command-line.ts'
import { needServerConfig, readServerConfig, type CliContext } from '../context.ts'
import { findServer } from '../control-call.ts'
import { showSetupReport } from '../setup-report.ts'
import { openCatalogOrNone } from '../stores.ts'

/** An agent that is away for an hour is no fault of the configuration; `agent-not-seen` tells of one that is away for days. */
const AWAY_CODES: ReadonlySet<string> = new Set(['agent-unreachable', 'agent-not-connected'])

function ofProblem({ file, line, column, message, next }: ConfigProblem): CheckFinding {
  return { severity: 'warning', code: 'config-warning', message: `${file}:${line}:${column}: ${message}`, next: next ?? 'Correct the line that is named.' }
}

/** What the running server and its agents find; nothing when none runs. */
async function askServer(context: CliContext, config: ResolvedConfig): Promise<readonly CheckFinding[]> {
  const server = await findServer(context, config)
  if (server === undefined) {
    context.streams.err('holdfast: no server runs with this configuration, so no agent was asked\n')
    return []
  }
  await using client = server
  if (context.streams.isTerminal) context.streams.err('holdfast: the agents are asked …\n')
  const { findings } = (await client.call({ kind: 'check' })) as ControlResults['check']
  return findings.filter(({ severity, code }) => severity !== 'ok' && !AWAY_CODES.has(code))
}

/** Two checks may find the same. */
function withoutDoubles(findings: readonly CheckFinding[]): CheckFinding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify([finding.code, finding.host, finding.disk, finding.host === undefined ? finding.message : '']), finding])).values()]
}

export const doctorConfigCommand: CommandBody = {
  details: [
    'Looks at configuration and catalog: disks that are never dumped, fail or are overdue, fulls of all disks in one night, retention shorter than the dump cycle, too few slots, dumps that were never verified, agents that were not seen for days, and more. Asks the agents too when the server runs. Changes nothing.',
    'Ends with 4 when a disk is not backed up, with 1 when there is another error, with 0 otherwise. What each finding means stands in docs/doctor.',
  ],
  examples: [
    { line: 'holdfast doctor config', text: 'findings with cause and cure' },
    { line: 'holdfast doctor config --json', text: 'for a program' },
  ],
  async run(context, given) {
    const { problems } = await readServerConfig(context, given)
    const config = await needServerConfig(context, given)
    await using catalog = await openCatalogOrNone(context, config)
    const { facts, troubles } = await gatherConfigFacts(context, config, catalog)
    const found = [...problems.map(ofProblem), ...troubles, ...(await askServer(context, config)), ...CONFIG_CHECKS.flatMap((each) => each(facts))]
    return showSetupReport(context.streams, given.isJson, 'the configuration', withoutDoubles(found))
  },
}
