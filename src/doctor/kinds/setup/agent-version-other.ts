import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const agentVersionOther: FaultKind = setupKind({
  code: 'agent-version-other',
  severity: 'warning',
  symptom: 'An agent has another version than the server',
  cause: 'One of the two was updated and the other was not. They understand each other as long as the protocol is the same, but what one of them mended the other may still do wrong.',
  advice: 'Update the older one.',
  cures: [
    { on: 'both machines', commands: ['holdfast version'], steps: ['Update the server first, then the agents; running dumps survive the restart of an agent only as partial.'] },
  ],
  check: 'holdfast check HOST does not name the version any more.',
  lines: [
    'WARNING laptop: its agent has version 0.1.0, this server 0.2.0. Update the older one; `holdfast version` tells it on each side. [agent-version-other]',
  ],
})
