import type { FaultKind } from '../../contract.ts'
import { keepaliveCures, LIMIT_CURES } from './keepalive-cures.ts'

export const keepaliveHalfCure: FaultKind = {
  code: 'keepalive-half-cure',
  severity: 'failure',
  symptom: 'Connections are still cut while nothing goes over them, though keepalive probes begin in time: the second probe comes too late',
  cause: 'Somebody lowered the time to the first keepalive probe (tcp_keepalive_time), and the first probe is answered. After an answered probe the system waits for tcp_keepalive_intvl, which is 75 s unless it is set too, and that is longer than the limit of the firewall: the second probe meets a forgotten connection. It shows in the age: the time to the first probe and 75 s.',
  confidence: 'likely',
  advice: 'Lower tcp_keepalive_intvl as well as tcp_keepalive_time.',
  cures: [...keepaliveCures(), ...LIMIT_CURES],
  curesFor: (measured) => [...keepaliveCures(measured), ...LIMIT_CURES],
  check: 'sysctl net.ipv4.tcp_keepalive_intvl prints the low number, and the next dump ends well.',
  seenIn: ['idle-connection-cut'],
  words: [],
  patterns: [],
  samples: [
    {
      line: [
        'Thu Nov 26 21:00:00.100000000 2026: pid 100: thd-0x55: dumper: getcmd: SHM-DUMP 00-00001 57737 NULL 1 amclient ffff /srv/many NODEVICE 0 1970:1:1:0:0:0 GNUTAR',
        'CONNECT DATA 50072 MESG 50073 INDEX 50074 STATE 50075',
        'Thu Nov 26 21:00:00.600000000 2026: pid 100: thd-0x55: dumper: security_streaminit(stream=0x5501, driver=0x7f01 (BSD))',
        'Thu Nov 26 21:00:00.600000000 2026: pid 100: thd-0x55: dumper: security_streaminit(stream=0x5502, driver=0x7f01 (BSD))',
        'Thu Nov 26 21:01:20.900000000 2026: pid 100: thd-0x55: dumper: security_stream_seterr(0x5502, Connection reset by peer)',
      ].join('\n'),
      from: 'a dump of 3.5.1 with tcp_keepalive_time=5 behind a limit of 10 s (shortened; all of it is in testdata/doctor)',
    },
  ],
}
