// What helps against everything that forgets idle connections: keepalive probes that come sooner, on every system, and the settings of the firewalls,
// balancers and gateways themselves. The figures depend on the silence that was measured. Not a kind: several kinds have these cures.

import type { Cure, Measured } from '../../contract.ts'

/**
 * Seconds between probes, at most. The limit is the silence that was measured or any shorter time (whoever was silent for 2 h learns only then that
 * the limit was 5 min), so a part of a long silence says nothing. A probe is one small packet: this often it costs nothing, and no product forgets so soon.
 */
const INTERVAL_S_MAX = 5
/** Of a short silence: half of it would be near the limit, a quarter has room. */
const PROBES_PER_SILENCE = 4
/** An outage that connections should live through, in seconds. */
const OUTAGE_S = 300
/** Linux allows 127. */
const PROBES_MAX = 100
/** Solaris and illumos take no less. */
const SOLARIS_MS_MIN = 10_000

export interface Keepalive {
  /** Before the first probe and between probes: after an answered one the interval counts. */
  readonly intervalS: number
  readonly probes: number
}

export function keepaliveFor(measured: Measured | undefined): Keepalive {
  const intervalS = Math.max(1, Math.min(INTERVAL_S_MAX, Math.floor((measured?.silentS ?? Infinity) / PROBES_PER_SILENCE)))
  return { intervalS, probes: Math.min(PROBES_MAX, Math.ceil(OUTAGE_S / intervalS)) }
}

const LINUX_FILE = '/etc/sysctl.d/90-amanda-keepalive.conf'
const CONNTRACK_FILE = '/etc/sysctl.d/90-amanda-conntrack.conf'

/** Probes that come in time. They are enough on one side; the server speaks to all clients. */
export function keepaliveCures(measured?: Measured): readonly Cure[] {
  const { intervalS, probes } = keepaliveFor(measured)
  const intervalMs = intervalS * 1000
  return [
    {
      on: 'server (Linux)',
      platform: 'linux',
      commands: [`printf '%s\\n' 'net.ipv4.tcp_keepalive_time = ${intervalS}' 'net.ipv4.tcp_keepalive_intvl = ${intervalS}' 'net.ipv4.tcp_keepalive_probes = ${probes}' > ${LINUX_FILE}`, `sysctl -p ${LINUX_FILE}`],
      steps: [
        'Both times must be well below the limit: after an answered probe Linux waits for tcp_keepalive_intvl, which is 75 s unless set, so that tcp_keepalive_time alone is half a cure.',
        'Connections that are open already keep what they had: it helps from the next run on. One side is enough; where the server cannot be changed, do it on the client (with auth bsdtcp the client asks for probes only if xinetd has flags = KEEPALIVE).',
      ],
    },
    {
      on: 'server (FreeBSD)',
      platform: 'freebsd',
      commands: [`sysctl net.inet.tcp.keepidle=${intervalMs} net.inet.tcp.keepintvl=${intervalMs} net.inet.tcp.keepcnt=${probes}`, `printf '%s\\n' net.inet.tcp.keepidle=${intervalMs} net.inet.tcp.keepintvl=${intervalMs} net.inet.tcp.keepcnt=${probes} >> /etc/sysctl.conf`],
      steps: ['The times are milliseconds.'],
    },
    {
      on: 'server (macOS)',
      platform: 'darwin',
      commands: [`sysctl -w net.inet.tcp.keepidle=${intervalMs} net.inet.tcp.keepintvl=${intervalMs} net.inet.tcp.keepcnt=${probes}`],
      steps: ['The times are milliseconds. macOS forgets them when it starts: put the line into a daemon of launchd (/Library/LaunchDaemons) that runs at load.'],
    },
    {
      on: 'server (Solaris, illumos)',
      platform: 'sunos',
      commands: [`ipadm set-prop -p _keepalive_interval=${Math.max(SOLARIS_MS_MIN, intervalMs)} tcp`],
      steps: [
        `Milliseconds; less than ${SOLARIS_MS_MIN} is not allowed. It is kept when the system starts.`,
        `Solaris 10 and older: ndd -set /dev/tcp tcp_keepalive_interval ${Math.max(SOLARIS_MS_MIN, intervalMs)}, in a start script, for it is not kept.`,
      ],
    },
  ]
}

/** The limit itself, where it can be raised. */
export const LIMIT_CURES: readonly Cure[] = [
  {
    on: 'firewall: nftables, iptables',
    platform: 'linux',
    commands: [`printf '%s\\n' 'net.netfilter.nf_conntrack_tcp_timeout_established = 86400' > ${CONNTRACK_FILE}`, `sysctl -p ${CONNTRACK_FILE}`],
    steps: ['On the firewall. Linux has 432000 (5 days) unless somebody lowered it; connections that are open already get the new limit with their next packet.', 'The file is read at boot before the module may be loaded: list nf_conntrack in /etc/modules-load.d.'],
  },
  {
    on: 'firewall: pf (FreeBSD, OpenBSD, OPNsense, pfSense)',
    steps: ['In pf.conf: set timeout tcp.established 86400, or in the rule that lets Amanda pass: keep state (tcp.established 86400); then pfctl -f /etc/pf.conf.', 'In OPNsense and pfSense: Firewall Optimization: conservative (Firewall, Settings, Advanced; System, Advanced, Firewall & NAT).'],
  },
  {
    on: 'firewall: Cisco ASA (1 h unless set)',
    commands: [
      'access-list AMANDA extended permit tcp host SERVER host CLIENT',
      'class-map AMANDA',
      'match access-list AMANDA',
      'policy-map global_policy',
      'class AMANDA',
      'set connection timeout idle 24:00:00 reset',
    ],
    steps: ['In configuration mode; for this pair of hosts only. For every connection instead: timeout conn 24:00:00.', 'show conn address CLIENT detail tells how long each connection has been idle.'],
  },
  {
    on: 'cloud: AWS',
    commands: [
      'aws elbv2 modify-listener-attributes --listener-arn LISTENER --attributes Key=tcp.idle_timeout.seconds,Value=6000',
      'aws ec2 modify-network-interface-attribute --network-interface-id INTERFACE --connection-tracking-specification TcpEstablishedTimeout=432000',
    ],
    steps: ['The first for a Network Load Balancer (350 s unless set, 6000 s at most), the second for security groups (350 s on new instance types).', 'A NAT gateway, and a TLS listener of a balancer, have 350 s, always: there only probes help.'],
  },
  {
    on: 'cloud: Azure',
    commands: [
      'az network lb rule update --resource-group GROUP --lb-name BALANCER --name RULE --idle-timeout 30 --enable-tcp-reset true',
      'az network nat gateway update --resource-group GROUP --name GATEWAY --idle-timeout 120',
    ],
    steps: ['Minutes; both have 4 unless set.'],
  },
  {
    on: 'cloud: Google',
    commands: ['gcloud compute routers nats update NAT --router=ROUTER --region=REGION --tcp-established-idle-timeout=86400s'],
    steps: ['For Cloud NAT (1200 s unless set).', 'The firewall of a VPC forgets after 600 s, and that cannot be set: only probes help.'],
  },
]
