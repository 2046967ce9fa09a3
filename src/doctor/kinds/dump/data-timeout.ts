import type { FaultKind } from '../../contract.ts'

export const dataTimeout: FaultKind = {
  code: 'data-timeout',
  severity: 'failure',
  symptom: 'Nothing came from the client for as long as dtimeout allows',
  cause: 'The client stopped to send in the middle of a dump: its tar waits for a disk or a network file system, the connection was forgotten in silence, or the machine is gone. Behind a firewall that drops silently this is how a cut looks.',
  confidence: 'possible',
  advice: 'See why the client was silent for so long: its disk, its tar, or a connection that was forgotten.',
  cures: [
    { on: 'client', steps: ['Look at what tar did at that time (debug files of sendbackup and runtar), and for file systems that hang.'] },
    { on: 'network', steps: ['Compare the age of the connection with the idle limit of firewalls in between; see idle-connection-cut.'] },
    { on: 'amanda.conf', steps: ['Raise dtimeout (seconds) only if the client really is silent for so long, for example while a program makes its data.'] },
  ],
  check: 'The dump ends, or fails with another message.',
  words: ['data timeout'],
  patterns: [/\[data timeout\]/, /: data timeout\b/],
  samples: [
    { line: 'FAIL dumper amclient /srv/slow 20261124010203 0 [data timeout]', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
