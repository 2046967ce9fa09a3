import type { PathKind } from '../../path/path-kind.ts'

export const pathIdleLimit: PathKind = {
  code: 'path-idle-limit',
  severity: 'warning',
  symptom: 'Something on the path forgets connections that are silent for longer than its limit',
  cause: 'A firewall, a NAT or a load balancer between the two machines keeps a table of connections, and drops an entry that no packet has refreshed for a time. What is sent afterwards is answered by a reset, or by nothing. Backups are silent for long while a disk is searched or a tape is changed.',
  confidence: 'certain',
  advice: 'Let something be sent at intervals of half the limit or less: Holdfast does it by its heartbeat, other programs need a keepalive of TCP that is as short.',
  measured: 'Many connections fall silent at once, for ages 4.8 % apart. At its age one end of a connection speaks: the two ends take turns, so that a limit of one direction shows as one. At least three connections must agree, and one counts as dead only when TCP has sent again for 12 s in vain while the control connection lived. Others are kept by TCP keepalive or a heartbeat from the beginning, and are asked when the limit is known.',
  cures: [
    { on: 'Holdfast', commands: ['holdfast doctor path HOST --apply'], steps: ['It writes the heartbeat that it recommends to holdfast.yaml. Restart the server afterwards.'] },
    { on: 'Linux, for stock Amanda', platform: 'linux', commands: ['sysctl -w net.ipv4.tcp_keepalive_time=SECONDS net.ipv4.tcp_keepalive_intvl=SECONDS net.ipv4.tcp_keepalive_probes=30'], steps: ['Both times must be half the limit or less: after an answered probe Linux waits for the interval.', 'To keep it: write the settings to /etc/sysctl.d/90-keepalive.conf.'] },
    { on: 'FreeBSD, for stock Amanda', platform: 'freebsd', commands: ['sysctl net.inet.tcp.keepidle=MILLISECONDS net.inet.tcp.keepintvl=MILLISECONDS net.inet.tcp.always_keepalive=1'], steps: ['To keep it: write the settings to /etc/sysctl.conf.'] },
    { on: 'the firewall', steps: ['Its limit for established TCP connections can be raised: net.netfilter.nf_conntrack_tcp_timeout_established on Linux, set timeout tcp.established in pf, timeout conn on a Cisco ASA, the idle timeout of a load balancer.'] },
  ],
  check: 'Measure again: the limit is still there, and the heartbeat that is in use is half of it or less.',
}
