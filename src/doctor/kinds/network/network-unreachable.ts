import type { FaultKind } from '../../contract.ts'
import { requestFailed } from '../request-failed.ts'

export const networkUnreachable: FaultKind = {
  code: 'network-unreachable',
  severity: 'failure',
  symptom: 'The server has no route to the network of the client',
  cause: 'The routing table of the server has no entry for that address and no default route: a network interface is down, or the default route was lost.',
  confidence: 'certain',
  advice: 'Bring the route of the server back: an interface is down or the default route is gone.',
  cures: [
    { on: 'server', commands: ['ip -br address', 'ip route get ADDRESS', 'ip route show'], steps: ['An interface that is DOWN is brought up with ip link set NAME up; a missing default route is added with ip route add default via ROUTER and made to last in the configuration of the network.'] },
  ],
  check: 'ip route get ADDRESS names an interface, and amcheck -c CONFIG CLIENT finds nothing.',
  words: ['Network is unreachable'],
  patterns: [requestFailed('Network is unreachable'), /connect to host (?<host>\S+) port \d+: Network is unreachable/],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126205600 0 "[Request to amclient failed: Network is unreachable]"', from: 'a run log of 3.5.1' },
    { line: 'ERROR: amclient: selfcheck request failed: Network is unreachable', from: 'amcheck of 3.5.1' },
  ],
}
