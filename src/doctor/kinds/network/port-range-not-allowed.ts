import type { FaultKind } from '../../contract.ts'

export const portRangeNotAllowed: FaultKind = {
  code: 'port-range-not-allowed',
  severity: 'failure',
  symptom: 'The server may not use the ports that amanda.conf tells it to call from',
  cause: 'The program that opens ports for Amanda (ambind) keeps to the ranges in /etc/amanda-security.conf, and reserved-tcp-port or reserved-udp-port is outside.',
  confidence: 'certain',
  advice: 'Let reserved-tcp-port and reserved-udp-port of amanda.conf lie inside tcp_port_range and udp_port_range of /etc/amanda-security.conf.',
  cures: [
    { on: 'server', commands: ['grep port_range /etc/amanda-security.conf', 'amgetconf CONFIG reserved-tcp-port', 'amgetconf CONFIG reserved-udp-port'], steps: ['Change one of the two so that the range of amanda.conf is inside the other. Only root may write /etc/amanda-security.conf.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['port out of range ('],
  patterns: [/(?:tcp|udp) port out of range \(\d+ <= \d+ <= \d+\)/],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126205556 0 "[Request to amclient failed: tcp port out of range (512 <= 300 <= 1024)]"', from: 'a run log of 3.5.1' },
  ],
}
