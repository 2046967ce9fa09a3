import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const agentNotSeen: FaultKind = setupKind({
  code: 'agent-not-seen',
  severity: 'warning',
  symptom: 'The agent of a host has not been connected for days',
  cause: 'The host is off, away or gone, or its agent does not run (not enabled as a service), or it cannot reach the server any more: another address, a firewall, a server key that changed.',
  confidence: 'likely',
  advice: 'Start the agent on the host and see what its log says.',
  cures: [
    { on: 'client', commands: ['holdfast agent run', 'tail -20 /var/log/holdfast/agent.log'], steps: ['Run it as a service that starts with the system.'] },
    { on: 'server', commands: ['holdfast agents list', 'holdfast check HOST'], steps: ['If the host is gone for good, take it out of holdfast.yaml: its dumps stay as long as retention keeps them.'] },
  ],
  check: 'holdfast agents list shows the host as connected.',
  lines: [
    'WARNING laptop: its agent was last seen 9 d ago. Start the agent on laptop (`holdfast agent run`) and see what its log says; if the host is gone, remove it from the configuration. [agent-not-seen]',
  ],
})
