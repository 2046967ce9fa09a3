import type { PathKind } from '../../path/path-kind.ts'

export const pathUnsteady: PathKind = {
  code: 'path-unsteady',
  severity: 'warning',
  symptom: 'Connections were lost on the path, and not because of their age',
  cause: 'The path was cut while it was not idle, or connections were lost at ages that fit no limit: a firewall or NAT that was restarted or whose table is full, an address that changed, a line that was down.',
  confidence: 'likely',
  advice: 'Measure again; if it is the same again, look at the logs of the firewalls on the path for that time.',
  measured: 'The control connection, which carries something every second, was cut; or at least three silent connections were lost while as many of their age lived.',
  cures: [
    { on: 'a Linux firewall', platform: 'linux', commands: ['sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max', 'dmesg | grep -i conntrack'], steps: ['A count near the maximum means that connections are thrown out early: raise nf_conntrack_max.'] },
    { on: 'the two machines', steps: ['Look whether an address lease, a VPN or a wireless link was renewed at that time.'] },
  ],
  check: 'A second measurement finds a limit or none, and says nothing of lost connections.',
}
