import type { FaultKind } from '../../contract.ts'
import { CAUSES_ON_CLIENT } from '../causes-on-client.ts'

export const sizeNotTold: FaultKind = {
  code: 'size-not-told',
  severity: 'failure',
  symptom: 'The program that reads the disk ended without saying how much it wrote',
  cause: 'Amanda takes the size of a dump from the last lines of tar or dump. There were none: the program did not begin, was another one than expected (a wrapper, BusyBox), or speaks another language.',
  confidence: 'likely',
  advice: 'Read what the program said in the lines before; run it by hand on the client.',
  cures: [
    { on: 'client', commands: ['LC_ALL=C tar --create --file /dev/null --totals /etc/hostname'], steps: ['The command stands in the debug file of sendbackup.'] },
  ],
  check: 'The command prints Total bytes written.',
  words: ['no backup size line'],
  patterns: [/no backup size line/],
  followsFrom: [...CAUSES_ON_CLIENT, 'archiver-failed', 'program-killed', 'client-ended-early', 'data-timeout'],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261126211002 0 [no backup size line]', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
