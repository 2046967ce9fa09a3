import type { FaultKind } from '../../contract.ts'

export const connectionEndedEarly: FaultKind = {
  code: 'connection-ended-early',
  severity: 'failure',
  symptom: 'The client closed the connection before it said anything',
  cause: 'The process that should answer ended at once: amandad is missing or cannot be run, a TCP wrapper or proxy closed the connection, or a TLS handshake failed.',
  confidence: 'possible',
  advice: 'Look on the client for why amandad ended at once: its debug file, or the log of xinetd or systemd.',
  cures: [
    { on: 'client', steps: ['Read the newest amandad debug file (/var/log/amanda/amandad); if there is none, it was not started: read the log of xinetd or systemd.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['EOF on read from'],
  patterns: [/(?:Request to \S+ failed|request failed): EOF on read from (?<host>[^\s\]")]+)/],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261124010203 0 "[Request to amclient failed: EOF on read from amclient]"', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
