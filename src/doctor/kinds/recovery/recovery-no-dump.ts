import type { FaultKind } from '../../contract.ts'

export const recoveryNoDump: FaultKind = {
  code: 'recovery-no-dump',
  severity: 'failure',
  symptom: 'There is no dump of the disk at or before the date',
  cause: 'The date is before the first dump that is still kept, the host or disk is spelled differently, or the volumes and logs of that time are gone.',
  confidence: 'certain',
  advice: 'See which dumps exist with amadmin CONFIG find.',
  cures: [
    { on: 'server', commands: ['amadmin CONFIG find HOST DISK', 'amadmin CONFIG disklist HOST'], steps: ['Choose a date that is listed. A volume that was removed from the tapelist can still be read with amrestore.'] },
  ],
  check: 'The program names the volumes that it needs.',
  words: ['No dumps available on or before date', 'No matching dumps found'],
  patterns: [/No dumps available on or before date/, /No matching dumps found/],
  samples: [
    { line: '500 No dumps available on or before date "2001-01-01"', from: 'testdata/doctor/recover-date-too-early' },
    { line: 'No matching dumps found', from: 'testdata/doctor/fetch-no-such-dump' },
  ],
}
