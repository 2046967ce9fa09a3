import type { FaultKind } from '../../contract.ts'

export const agentNotConnected: FaultKind = {
  code: 'agent-not-connected',
  severity: 'failure',
  symptom: 'The agent of a host has no connection to the server',
  cause: 'The agent does not run, the host is off or asleep, or a firewall between them does not let the agent reach the port of the server. The server never connects to an agent: it waits for connect-timeout and then goes on without the host.',
  confidence: 'certain',
  advice: 'Start the agent on the host and let it reach the port of the server; `holdfast agents list` shows when it was last seen.',
  cures: [
    { on: 'client', commands: ['systemctl status holdfast-agent', 'journalctl -u holdfast-agent -n 50'], steps: ['Start the agent: systemctl enable --now holdfast-agent, or holdfast agent run on a terminal. Its log says which address it dials and why that fails.', 'The agent dials the server on TCP port 10090 (server.port): no port is opened on the client.'] },
    { on: 'server', commands: ['holdfast agents list', 'holdfast check HOST'], steps: ['A host that is often asleep at that time: choose another time in schedule, or raise limits.connect-timeout. A run that is asked for by hand (holdfast dump HOST) makes up for it.'] },
  ],
  check: 'holdfast agents list shows the host as connected, and holdfast check HOST finds nothing.',
  faultCodes: ['agent-unreachable', 'agent-not-connected'],
  words: ['did not connect within', 'is not connected; '],
  patterns: [/the agent of (?<host>\S+) (?:did not connect within|is not connected; )/],
  samples: [
    { line: 'FAIL planner client /srv/tree 20261126214326 0 "the agent of client did not connect within 2 s"', from: 'testdata/doctor/own-hosts, a run of Holdfast' },
    { line: 'FAIL dumper laptop /home 20261126211001 0 [the agent of laptop is not connected; it was last seen 3 h ago]', from: 'the texts of Holdfast' },
  ],
}
