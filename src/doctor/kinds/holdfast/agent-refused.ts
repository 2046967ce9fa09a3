import type { FaultKind } from '../../contract.ts'

export const agentRefused: FaultKind = {
  code: 'agent-refused',
  severity: 'failure',
  symptom: 'The client refused the request',
  cause: 'The agent was asked for a service and said no; why stands in the line and in its log.',
  confidence: 'possible',
  advice: 'Read why in the line, and in the log of the agent on that host.',
  cures: [
    { on: 'client', commands: ['tail -n 50 /var/log/holdfast/agent.log'], steps: ['The line has the name of the service and the reason.'] },
    { on: 'server', commands: ['holdfast check HOST'], steps: ['Asks the same agent and shows what it is not content with.'] },
  ],
  check: 'holdfast check HOST finds nothing.',
  faultCodes: ['agent-refused'],
  words: [' refused sendbackup: ', ' refused sendsize: ', ' refused selfcheck: ', ' refused noop: '],
  patterns: [/(?<![^\s"[])(?<host>[^\s"[]+) refused (?:sendbackup|sendsize|selfcheck|noop): /],
  followsFrom: ['agent-does-not-permit', 'application-not-there', 'setting-not-possible', 'list-file-missing', 'user-not-allowed', 'access-file-missing', 'access-file-rights', 'auth-differs', 'port-not-secure', 'reverse-name-differs', 'reverse-name-missing', 'service-not-enabled', 'service-program-denied'],
  samples: [
    { line: 'FAIL dumper client /srv/refused 20261126214103 0 [client refused sendbackup: the agent may not run the encryption program /bin/false: it is not in `filters` of agent.yaml]', from: 'testdata/doctor/own-settings, a run of Holdfast' },
  ],
}
