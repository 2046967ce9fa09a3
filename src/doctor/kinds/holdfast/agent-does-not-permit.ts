import type { FaultKind } from '../../contract.ts'

export const agentDoesNotPermit: FaultKind = {
  code: 'agent-does-not-permit',
  severity: 'failure',
  symptom: 'The configuration of the agent does not permit what the dumptype asks for',
  cause: 'A server may not run any program it likes on a client: commands and filters of a dumptype must stand in agent.yaml of the client.',
  confidence: 'certain',
  advice: 'Permit the program in agent.yaml on the client (commands or filters), if that is what you want.',
  cures: [
    { on: 'client', steps: ['Add the whole path to commands (application command) or filters (compression, encryption) in /etc/holdfast/agent.yaml, and start the agent again.'] },
    { on: 'holdfast.yaml', steps: ['Or let the server compress and encrypt: where: server.'] },
  ],
  check: 'holdfast check HOST finds nothing.',
  faultCodes: ['not-permitted'],
  words: ['the agent may not run '],
  patterns: [/the agent may not run \S+/],
  samples: [
    { line: 'FAIL dumper client /srv/refused 20261126214103 0 [client refused sendbackup: the agent may not run the encryption program /bin/false: it is not in `filters` of agent.yaml]', from: 'testdata/doctor/own-settings, a run of Holdfast' },
  ],
}
