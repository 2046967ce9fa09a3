// `holdfast doctor host [HOST]`: what this server, or the machine of an agent, lacks for its work.

import { checkWholeHost } from '../../server/check/host/host-checks.ts'
import type { CheckFinding } from '../../server/control/contract.ts'
import type { CommandBody } from '../command-line.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { controlCall } from '../control-call.ts'
import { chooseDisks } from '../disk-words.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { showSetupReport } from '../setup-report.ts'

/** The server asks the agent of `host`, which looks at its own machine. */
async function askAgent(context: CliContext, config: ResolvedConfig, host: string): Promise<readonly CheckFinding[]> {
  const { findings } = await controlCall(context, config, { kind: 'check', selection: chooseDisks(config, host, undefined) })
  return findings.filter((finding) => finding.host === host && finding.severity !== 'ok')
}

export const doctorHostCommand: CommandBody = {
  details: [
    'Without HOST this machine, as a server: space and inodes of its directories, their modes and those of key files, programs, memory, open files, clock. With HOST the running server asks the agent there, which looks at its own machine and at its disks. Changes nothing.',
    'Ends with 1 when there is an error, with 0 otherwise. What each finding means stands in docs/doctor.',
  ],
  args: [{ name: '[HOST]', text: 'the host of an agent, as in the configuration' }],
  examples: [
    { line: 'holdfast doctor host', text: 'this server' },
    { line: 'holdfast doctor host laptop', text: 'the machine of an agent' },
  ],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    const [host] = given.args as readonly (string | undefined)[]
    const { disk, processes, clock, signal } = context
    const found = host === undefined ? await checkWholeHost({ config, disk, processes, clock, nodeVersion: process.version }, signal) : await askAgent(context, config, host)
    return showSetupReport(context.streams, given.isJson, host ?? 'this server', found)
  },
}
