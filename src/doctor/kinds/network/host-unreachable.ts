import type { FaultKind } from '../../contract.ts'
import { requestFailed } from '../request-failed.ts'

export const hostUnreachable: FaultKind = {
  code: 'host-unreachable',
  severity: 'failure',
  symptom: 'The network says that it cannot reach the client',
  cause: 'A router or the last switch on the way found nobody with that address: the machine is off or has another address. Firewalls that reject with an ICMP message look the same.',
  confidence: 'likely',
  advice: 'See that the client is up and has the address that its name gives on the server; else look for a firewall that rejects its port.',
  cures: [
    { on: 'server', commands: ['getent hosts CLIENT', 'ping -c 3 CLIENT', 'ip neighbour show'], steps: ['The address must be the one the client has now. When ping answers and amcheck does not, a firewall rejects the port.'] },
    { on: "firewall, or the client's own", commands: ['nft list ruleset', 'iptables -S'], steps: ['Let TCP 10080 (auth bsdtcp, ssl), UDP 10080 (bsd, bsdudp) or TCP 22 (ssh) pass from server to client; a rule with reject or admin-prohibited is what answers now.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['No route to host'],
  patterns: [requestFailed('No route to host'), /connect to host (?<host>\S+) port \d+: No route to host/],
  samples: [
    { line: 'ERROR: amghost: selfcheck request failed: No route to host', from: 'amcheck of 3.5.1' },
    { line: 'FAIL planner amghost /srv/many 20261126205552 0 "[Request to amghost failed: No route to host]"', from: 'a run log of 3.5.1' },
  ],
}
