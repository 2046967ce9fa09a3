import type { FaultKind } from '../../contract.ts'

export const sessionLost: FaultKind = {
  code: 'session-lost',
  severity: 'failure',
  symptom: 'The session with an agent ended before the dump was done',
  cause: 'A cut of the network alone is only a pause: the dump goes on when the agent is back. It ended because the agent was started again or updated, its machine restarted, its key was revoked, or it stayed away for longer than session-hold.',
  confidence: 'likely',
  advice: 'Look on the host for what ended the agent at that time; the next run, or `holdfast dump HOST`, makes the dump again.',
  cures: [
    { on: 'client', commands: ['journalctl -u holdfast-agent -n 100', 'last -x -n 10'], steps: ['A restart of the machine or of the agent shows there. An agent that ends by itself says why in its last lines.'] },
    { on: 'server', commands: ['holdfast agents list'], steps: ['If the host is often away for hours in mid-dump, raise server.session-hold.'] },
  ],
  check: 'holdfast dump HOST ends well, and holdfast report has no line of it any more.',
  faultCodes: ['connection-lost'],
  words: ['the session with '],
  patterns: [/the session with (?<host>\S+) ended: /],
  samples: [
    { line: 'FAIL dumper client /srv/endless 20261126214234 0 [the session with client ended: the agent was started again]', from: 'testdata/doctor/own-agent-restarted, a run of Holdfast' },
  ],
}
