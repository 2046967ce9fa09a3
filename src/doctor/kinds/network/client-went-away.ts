import type { FaultKind } from '../../contract.ts'

export const clientWentAway: FaultKind = {
  code: 'client-went-away',
  severity: 'failure',
  symptom: 'The client was lost in the middle of a dump, and could not be reached afterwards either',
  cause: 'Not one connection was lost but the whole machine, or the way to it: it was shut down or restarted, it hangs, a cable or a link is down, a route or a VPN has gone. A limit for idle connections would have let the next connection pass.',
  confidence: 'likely',
  advice: 'See that the client is up and can be reached, and what happened to it or to the network at that time.',
  cures: [
    { on: 'server (Linux)', platform: 'linux', commands: ['ping -c 3 CLIENT', 'ip route get $(getent ahostsv4 CLIENT | cut -d" " -f1 | head -n 1)'], steps: ['Does it answer now, and is this the way that it should be reached by?'] },
    { on: 'client (Linux)', platform: 'linux', commands: ['last -x reboot shutdown | head', 'journalctl -b -1 -n 50'], steps: ['Was it restarted, and what was the last that it said before?'] },
    { on: 'network', steps: ['Look for links that went down at that time: the log of the switch, of the VPN, of the hypervisor that moved the machine.'] },
    { on: 'this backup', steps: ['Dump what was lost again: amdump CONFIG CLIENT. With an agent of Holdfast a dump waits for the machine, and goes on when only the way to it was gone.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT gets its answer, and the next dump ends well.',
  seenIn: ['data-timeout', 'idle-connection-cut'],
  words: [],
  patterns: [],
  samples: [
    {
      line: ['FAIL dumper amclient /srv/many 20261126215100 0 [data timeout]', 'FAIL dumper amclient /srv/many 20261126215100 0 [[request failed: timeout during connect]]'].join('\n'),
      from: 'a dump of 3.5.1 whose client lost its network',
    },
  ],
}
