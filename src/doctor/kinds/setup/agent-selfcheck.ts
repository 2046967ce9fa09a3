import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const agentSelfcheck: FaultKind = setupKind({
  code: 'agent-selfcheck',
  severity: 'warning',
  symptom: 'An agent found something on its machine that stands in the way of dumps',
  cause: 'What it is stands in its own words: a disk it cannot read, a plug-in that complains, a setting it does not take.',
  confidence: 'possible',
  advice: 'Correct on the host what the agent names.',
  cures: [
    { on: 'client', commands: ['tail -20 /var/log/holdfast/agent.log'], steps: ['Correct what is named there.'] },
  ],
  check: 'holdfast check HOST finds nothing.',
  lines: [
    'ERROR   laptop: the plug-in says that it cannot open the database. Correct it on laptop, then run `holdfast check laptop`. [agent-selfcheck]',
  ],
})
