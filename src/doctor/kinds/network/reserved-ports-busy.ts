import type { FaultKind } from '../../contract.ts'
import { requestFailed } from '../request-failed.ts'

export const reservedPortsBusy: FaultKind = {
  code: 'reserved-ports-busy',
  severity: 'failure',
  symptom: 'The server found no free port below 1024 to call from',
  cause: 'Requests leave from a port of reserved-tcp-port or reserved-udp-port, one a host and dump, and all of them are in use: the range is small, or another program holds it.',
  confidence: 'certain',
  advice: 'Give reserved-tcp-port (and reserved-udp-port) more ports, or end what holds them.',
  cures: [
    { on: 'server', commands: ['ss -tanp', 'amgetconf CONFIG reserved-tcp-port'], steps: ['Set reserved-tcp-port 512,1023 in amanda.conf; the range must be inside tcp_port_range of /etc/amanda-security.conf. Programs in the list that do not belong to Amanda must use other ports.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['bind failed B:', 'all ports between', 'All ports between'],
  patterns: [requestFailed(String.raw`(?:WARNING: )?ambind: bind failed \w: Address already in use`), requestFailed(String.raw`.*[aA]ll ports between \d+ and \d+ (?:are )?busy`)],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126205552 0 "[Request to amclient failed: WARNING: ambind: bind failed B: Address already in use]"', from: 'a run log of 3.5.1' },
    { line: 'ERROR: amclient: selfcheck request failed: WARNING: ambind: bind failed B: Address already in use', from: 'amcheck of 3.5.1' },
  ],
}
