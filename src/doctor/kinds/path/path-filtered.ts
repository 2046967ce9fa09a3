import type { PathKind } from '../../path/path-kind.ts'

export const pathFiltered: PathKind = {
  code: 'path-filtered',
  severity: 'notice',
  symptom: 'Connections in one direction are not let through',
  cause: 'A packet filter drops them (no answer) or rejects them (refused although the port is open, or unreachable).',
  confidence: 'certain',
  advice: 'Nothing for Holdfast, which needs only connections from agents to the server; for stock Amanda open its ports in that direction.',
  measured: 'Each end opens a port for some seconds and the other dials it. Refused and no answer are told apart; a port that nobody opened must be refused. An agent opens no port: that the server is refused at an unused one shows that it is reached.',
  cures: [{ on: 'the firewall, for stock Amanda', steps: ['From the server to the client: TCP port 10080 (bsdtcp), or UDP 10080 and the ports of its answers (bsd, bsdudp).', 'From the client to the server for restores: TCP port 10082 (amandaidx) and 10083 (amidxtape).'] }],
  check: 'Measure again: connections in that direction come up.',
}
