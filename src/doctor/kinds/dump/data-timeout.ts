import type { Cure, FaultKind, Measured } from '../../contract.ts'
import { LOST_CONNECTIONS } from '../lost-connections.ts'
import { keepaliveCures, LIMIT_CURES } from '../network/keepalive-cures.ts'

function cures(measured?: Measured): readonly Cure[] {
  return [
    { on: 'client', steps: ['Look at what tar did at that time (debug files of sendbackup and runtar), and for file systems that hang.', 'uptime, last reboot: was the machine restarted, or its network down?'] },
    { on: 'network', steps: ['holdfast doctor path CLIENT proves whether something in between forgets idle connections, and after how long. Give holdfast doctor logs the logs of the client too: there the cut itself may stand.', 'If so, or to try it, the cures of idle-connection-cut:'] },
    ...keepaliveCures(measured),
    ...LIMIT_CURES,
    { on: 'amanda.conf', steps: ['Raise dtimeout (seconds) only if the client really is silent for so long, for example while a program makes its data.'] },
  ]
}

export const dataTimeout: FaultKind = {
  code: 'data-timeout',
  severity: 'failure',
  symptom: 'Nothing came from the client for as long as dtimeout allows',
  cause: 'The client stopped to send in the middle of a dump: its tar waits for a disk or a network file system, the connection was forgotten in silence, or the machine is gone. Behind a firewall that drops silently this is how a cut looks.',
  confidence: 'possible',
  advice: 'See why the client was silent for so long: its disk, its tar, or a connection that was forgotten.',
  cures: cures(),
  curesFor: cures,
  check: 'The dump ends, or fails with another message.',
  words: ['data timeout'],
  patterns: [/\[data timeout\]/, /: data timeout\b/],
  followsFrom: ['archiver-missing', 'filter-missing', 'script-missing', 'application-missing', 'service-died', ...LOST_CONNECTIONS],
  samples: [
    { line: 'FAIL dumper amclient /srv/slow 20261124010203 0 [data timeout]', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
