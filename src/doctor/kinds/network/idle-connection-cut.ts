import type { FaultKind } from '../../contract.ts'

export const idleConnectionCut: FaultKind = {
  code: 'idle-connection-cut',
  severity: 'failure',
  symptom: 'A connection of the dump was cut while nothing went over it, and the whole dump was lost with it',
  cause: 'Something between server and client (a firewall, a NAT, a load balancer) forgets connections that are silent for longer than its limit. Amanda opens one connection for messages that carries nothing between the beginning and the end of a dump, and asks the system for keepalive probes, but never says how often. The first probe comes later than the limit and meets a forgotten connection: the answer is a reset, or none.',
  confidence: 'likely',
  advice: 'Keep the connections awake: lower tcp_keepalive_time and tcp_keepalive_intvl on the server below the limit of the firewall, or give the client an agent of Holdfast.',
  cures: [
    { on: 'this backup', steps: ['Give the client an agent of Holdfast: its connection is never silent, and a cut is a pause and not an end.', 'Where the client stays with Amanda, let its dumps use auth bsdtcp: there messages and data share a connection (a long silent phase can still be cut).'] },
    { on: 'Linux, server or client', steps: ['sysctl -w net.ipv4.tcp_keepalive_time=10 net.ipv4.tcp_keepalive_intvl=10 net.ipv4.tcp_keepalive_probes=30', 'Both times must be below the limit of the firewall: after an answered probe Linux waits for the interval, which is 75 s by default, so lowering only tcp_keepalive_time is half a cure.', 'To keep it: write the three settings to /etc/sysctl.d/90-keepalive.conf.'] },
    { on: 'FreeBSD, macOS', steps: ['sysctl net.inet.tcp.keepidle=10000 net.inet.tcp.keepintvl=10000 (milliseconds)'] },
    { on: 'Solaris, illumos', steps: ['ndd -set /dev/tcp tcp_keepalive_interval 10000, or ipadm set-prop -p _keepalive_interval=10000 tcp'] },
    { on: 'nftables, iptables', steps: ['sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=86400 on the firewall'] },
    { on: 'pf', steps: ['set timeout tcp.established 86400, or set optimization conservative'] },
    { on: 'Cisco ASA', steps: ['timeout conn 24:00:00, or a policy map for the two hosts with set connection timeout idle 24:00:00'] },
    { on: 'cloud', steps: ['AWS Network Load Balancer: TCP idle timeout up to 6000 s. Azure Load Balancer: idle timeout up to 30 min, and TCP reset on. Google Cloud: its firewall forgets after 10 min, so keepalive must be shorter.'] },
  ],
  check: 'Run the dump again. While it runs, ss -o state established shows a keepalive timer below the limit on the idle connections, and the firewall keeps its entries.',
  words: [' read: ', 'Xrecv error', 'security_stream_seterr'],
  patterns: [/\b(?:mesg|index|data|state) read: (?:Xrecv error: )?Connection (?:reset by peer|timed out)/, /Request to (?<host>\S+) failed: Xrecv error: Connection (?:reset by peer|timed out)/, /\bsecurity_stream_seterr\(\w+, (?:Xrecv error: )?Connection (?:reset by peer|timed out)\)/],
  followsFrom: ['index-not-writable'],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261123222437 0 [mesg read: Connection reset by peer]', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
    { line: 'driver: result time 31.894 from dumper0: FAILED 00-00001 "[mesg read: Connection reset by peer]"', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
    { line: 'Mon Nov 23 22:25:09.829529125 2026: pid 26558: thd-0x563872c22c00: dumper: security_stream_seterr(0x563872c47ad0, Connection reset by peer)', from: 'testdata/amanda, a run of 3.5.1 behind a firewall' },
    { line: 'FAIL dumper amclient /srv/slow 20261124010203 0 [data read: Xrecv error: Connection timed out]', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
    { line: 'error result for host amclient disk /srv/slow: Request to amclient failed: Xrecv error: Connection reset by peer', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
