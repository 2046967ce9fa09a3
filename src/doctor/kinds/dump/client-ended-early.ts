import type { FaultKind } from '../../contract.ts'
import { LOST_CONNECTIONS } from '../lost-connections.ts'

export const clientEndedEarly: FaultKind = {
  code: 'client-ended-early',
  severity: 'failure',
  symptom: 'The client\'s backup ended without its last lines',
  cause: 'Every dump ends with a size line and an end line on the message stream. They are missing: amandad or sendbackup was killed, ran out of memory, or its machine went down; or an application of the client ended without saying how much it wrote.',
  confidence: 'likely',
  advice: 'Look on the client for what killed sendbackup or amandad: memory, a shutdown, an operator.',
  cures: [
    { on: 'client', steps: ['Read its system log at that time (dmesg, journalctl) for the killer of processes that use too much memory, and for a shutdown.'] },
  ],
  check: 'The next dump has both lines.',
  words: ['missing size line', 'missing end line', 'got no header information', 'got no data', 'partial line in msgbuf', 'without saying that it was'],
  patterns: [/missing (?:size|end) line from sendbackup/, /got no header information/, /got no data\b/, /error \[partial line in msgbuf: /, /the client ended the dump without saying that it was complete/],
  followsFrom: [...LOST_CONNECTIONS, 'data-timeout', 'client-out-of-memory', 'service-died'],
  faultCodes: ['dump-incomplete'],
  samples: [
    { line: 'FAIL dumper laptop /home 20261126211001 0 [the client ended the dump without saying that it was complete]', from: 'the texts of Holdfast' },
    { line: 'FAIL dumper amclient /srv/many 20261124010203 0 [missing size line from sendbackup]', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
