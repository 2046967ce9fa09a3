import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const keyRenewalWaits: FaultKind = setupKind({
  code: 'key-renewal-waits',
  severity: 'warning',
  symptom: 'A new key was asked for an agent and is not in use after days',
  cause: 'The agent was not connected since, or cannot write its state directory: it makes the key when it connects, keeps it, and uses it with the next link.',
  confidence: 'likely',
  advice: 'See what the log of the agent says, and ask for the renewal there.',
  cures: [
    { on: 'client', commands: ['holdfast agent renew'], steps: ['agent.log names what went wrong: "the key of this agent could not be renewed".'] },
  ],
  check: 'holdfast agents list shows a new fingerprint.',
  lines: [
    'WARNING laptop: a new key was asked for 12 d ago and is not in use. See what the log of the agent on laptop says, and run `holdfast agent renew` there. [key-renewal-waits]',
  ],
})
