import type { FaultKind } from '../../contract.ts'

export const connectTimedOut: FaultKind = {
  code: 'connect-timed-out',
  severity: 'failure',
  symptom: 'The server could not connect to the client: nothing answered',
  cause: 'The machine is off, its address is wrong, or a firewall drops the packets.',
  confidence: 'possible',
  advice: 'See that the client is up, and that the firewall lets its port pass.',
  cures: [
    { on: 'network', steps: ['ping CLIENT and nc -vz CLIENT 10080 from the server.', 'Open TCP 10080 (auth bsdtcp) from server to client.'] },
  ],
  check: 'nc -vz CLIENT 10080 connects.',
  words: ['timeout during connect', 'Connection timed out'],
  patterns: [/timeout during connect/, /(?:Request to (?<host>\S+) failed|request failed): Connection timed out/],
  followsFrom: ['client-went-away'],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261126215532 0 [[request failed: Connection timed out]]', from: 'the second try of a dump of 3.5.1 whose client had lost its network' },
    { line: 'FAIL dumper amclient /srv/many 20261124010203 0 [request failed: timeout during connect]', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
