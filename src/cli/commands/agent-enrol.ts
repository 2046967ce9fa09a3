// `holdfast agent enrol TOKEN`: makes this host known to its server with a one-time token. The token pins the server's key, so nobody
// in between can pose as it.

import { agentEnrolment } from '../enrol-agent.ts'
import { Fault } from '../../kernel/fault.ts'
import type { CommandBody } from '../command-line.ts'
import { needAgentConfig } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { readSecret } from '../secret.ts'
import { printable } from '../text-table.ts'

export const agentEnrolCommand: CommandBody = {
  details: ['The token comes from `holdfast agents token HOST` on the server. To keep it off the command line, set HOLDFAST_TOKEN, HOLDFAST_TOKEN_FILE (a file that holds it) or HOLDFAST_TOKEN_COMMAND (a program that prints it).'],
  args: [{ name: '[TOKEN]', text: 'the token; default: from the environment' }],
  examples: [
    { line: 'holdfast agent enrol hf1.eyJ…', text: 'with the token that the server printed' },
    { line: 'HOLDFAST_TOKEN_FILE=/run/token holdfast agent enrol', text: 'from a file' },
  ],
  async run(context, given) {
    const config = await needAgentConfig(context, given)
    const { environment } = context.machine
    const text = (given.args[0] as string | undefined) ?? (await readSecret('HOLDFAST_TOKEN', { environment, disk: context.disk, processes: context.processes }))
    if (text === undefined) throw new Fault('usage-wrong', 'there is no token', { next: 'Run `holdfast agents token HOST` on the server and give what it prints.' })
    const state = await agentEnrolment(context, config, text)
    const { hostName, addresses } = state.enrolment
    showResult(context.streams, given.isJson, { host: hostName, keyFingerprint: state.identity.fingerprint, serverFingerprint: state.enrolment.serverFingerprint, addresses }, (value) =>
      `Enrolled as ${printable(value.host)} with ${addresses.map(({ host, port }) => printable(`${host}:${port}`)).join(', ')}.\nNext: holdfast agent run\n`,
    )
    return exitCode('ok')
  },
}
