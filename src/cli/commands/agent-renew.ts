// `holdfast agent renew`: asks the agent of this host for a new key. The agent does the work while it runs, so that there is one writer of
// its state.

import { Fault } from '../../kernel/fault.ts'
import { loadAgentState, requestRenewal } from '../agent-state.ts'
import type { CommandBody } from '../command-line.ts'
import { needAgentConfig } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { printable } from '../text-table.ts'

export const agentRenewCommand: CommandBody = {
  details: ['The agent that runs makes a key and has the server store it within a minute, then uses it; dumps go on. An agent that does not run does it at its next start. The server forgets the old key when it has seen the new one.'],
  examples: [{ line: 'holdfast agent renew', text: 'as the user that runs the agent' }],
  async run(context, given) {
    const config = await needAgentConfig(context, given)
    const state = await loadAgentState(context.disk, config.stateDir)
    if (state === undefined) throw new Fault('file-missing', 'this host is not enrolled', { next: 'Run `holdfast agents token HOST` on the server, then `holdfast agent enrol TOKEN` here.' })
    await requestRenewal(context.disk, config.stateDir)
    const host = state.enrolment.hostName
    showResult(context.streams, given.isJson, { host, keyFingerprint: state.identity.fingerprint }, () => `The agent of ${printable(host)} renews its key while it runs; its log says when.\n`)
    return exitCode('ok')
  },
}
