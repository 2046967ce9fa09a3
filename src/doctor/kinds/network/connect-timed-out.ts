import type { FaultKind } from '../../contract.ts'
import { requestFailed } from '../request-failed.ts'

export const connectTimedOut: FaultKind = {
  code: 'connect-timed-out',
  severity: 'failure',
  symptom: 'The server could not connect to the client: nothing answered',
  cause: 'The machine is off, its address is wrong, or a firewall drops the packets.',
  confidence: 'possible',
  advice: 'See that the client is up, and that the firewall lets its port pass.',
  cures: [
    { on: 'server', commands: ['ping -c 3 CLIENT', 'nc -vz CLIENT 10080'], steps: ['When ping answers and nc does not, a firewall drops the packets of this port.'] },
    { on: 'firewall, or the client\'s own', commands: ['nft list ruleset', 'iptables -S'], steps: ['Let TCP 10080 (auth bsdtcp, ssl; 22 for ssh) pass from server to client.'] },
  ],
  check: 'nc -vz CLIENT 10080 connects.',
  words: ['timeout during connect', 'Connection timed out'],
  patterns: [/timeout during connect/, requestFailed('Connection timed out'), /connect to host (?<host>\S+) port \d+: Connection timed out/],
  followsFrom: ['client-went-away'],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126205604 0 "[Request to amclient failed: Connection timed out]"', from: 'a run log of 3.5.1' },
    { line: 'ERROR: amclient: selfcheck request failed: Connection timed out', from: 'amcheck of 3.5.1' },
    { line: 'FAIL dumper amclient /srv/many 20261126215532 0 [[request failed: Connection timed out]]', from: 'the second try of a dump of 3.5.1 whose client had lost its network' },
    { line: 'FAIL dumper amclient /srv/many 20261124010203 0 [request failed: timeout during connect]', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
