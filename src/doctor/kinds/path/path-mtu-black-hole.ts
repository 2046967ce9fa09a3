import type { PathKind } from '../../path/path-kind.ts'

export const pathMtuBlackHole: PathKind = {
  code: 'path-mtu-black-hole',
  severity: 'failure',
  symptom: 'Large packets vanish on the path while small ones pass: connections come up and then stall as soon as data flows',
  cause: 'A link on the path (a tunnel, a VPN, PPPoE) carries smaller packets than the machines send, and the ICMP message that should tell them so is dropped by a firewall.',
  confidence: 'certain',
  advice: 'Let firewalls pass ICMP "fragmentation needed" (IPv6: "packet too big"), or clamp the segment size to the path.',
  measured: 'On a fresh connection a small message is answered, and then one of 48 KiB is not within 12 s though the control connection lives. Messages of one packet each, of growing size, show up to which size packets pass.',
  cures: [
    { on: 'the router before the smaller link, nftables', platform: 'linux', commands: ['nft add rule inet filter forward tcp flags syn tcp option maxseg size set rt mtu'], steps: ['The table and chain are those that forward; with iptables: -j TCPMSS --clamp-mss-to-pmtu.'] },
    { on: 'one of the two machines, Linux', platform: 'linux', commands: ['sysctl -w net.ipv4.tcp_mtu_probing=1'], steps: ['TCP then finds the size by itself, after some seconds of waiting a connection.'] },
    { on: 'pf', steps: ['scrub on IFACE max-mss 1360 (or what passes, less 40).'] },
  ],
  check: 'Measure again: messages of 48 KiB pass in both directions.',
}
