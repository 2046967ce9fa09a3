import type { FaultKind } from '../../contract.ts'

export const portNotSecure: FaultKind = {
  code: 'port-not-secure',
  severity: 'failure',
  symptom: 'The client refused a caller that came from an unprivileged port',
  cause: 'Amanda trusts a caller because its port is below 1024, which only root can open. The program that calls is not set-uid root any more, or a NAT in between changed the port.',
  confidence: 'likely',
  advice: 'Make the programs of the server set-uid root again, and have no NAT in between.',
  cures: [
    { on: 'server', commands: ['ls -l /usr/lib/amanda/ambind'], steps: ['Owner root, group backup, mode 4750; before 3.5 the same for dumper, planner and amcheck.'] },
    { on: 'network', steps: ['No NAT between server and client for auth bsd, bsdudp and bsdtcp; use ssh or ssl through one, or an agent of Holdfast.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['not secure'],
  patterns: [/host (?<server>\S+): port \d+ not secure/],
  samples: [
    { line: '04 "ERROR host localhost: port 37604 not secure"', from: 'amandad of 3.5.1' },
  ],
}
