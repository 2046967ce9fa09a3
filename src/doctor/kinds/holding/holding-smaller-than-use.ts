import type { FaultKind } from '../../contract.ts'

export const holdingSmallerThanUse: FaultKind = {
  code: 'holding-smaller-than-use',
  severity: 'warning',
  symptom: 'The holding disk has less room than its use parameter says',
  cause: 'The driver takes what is free. Dumps that do not fit go straight to a volume, one after the other, or are not made when there is no volume.',
  confidence: 'certain',
  advice: 'Free room on the holding disk, or say in use what it really has.',
  cures: [
    { on: 'server', commands: ['df -h HOLDING', 'amadmin CONFIG holding list -l'], steps: ['Flush old dumps with amflush CONFIG, or lower use.'] },
  ],
  check: 'amcheck -l CONFIG says "as requested" for the holding disk.',
  words: ['KB requested, but only'],
  patterns: [/\d KB requested, but only \d+ KB available/],
  samples: [
    { line: 'WARNING driver WARNING: /var/lib/amanda/lab/holding: 204800 KB requested, but only 4096 KB available.', from: 'testdata/doctor/holding-disk-full' },
  ],
}
