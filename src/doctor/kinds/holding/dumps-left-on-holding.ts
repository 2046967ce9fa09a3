import type { FaultKind } from '../../contract.ts'

export const dumpsLeftOnHolding: FaultKind = {
  code: 'dumps-left-on-holding',
  severity: 'warning',
  symptom: 'Dumps are on the holding disk only, and on no volume',
  cause: 'The run could not write them to a volume. They are safe as long as that disk is, and take room that the next night needs.',
  confidence: 'certain',
  advice: 'Put in a volume and run amflush, or set autoflush.',
  cures: [
    { on: 'server', commands: ['amadmin CONFIG holding list -l', 'amflush CONFIG'], steps: ['autoflush yes in amanda.conf lets the next run write them first.'] },
  ],
  check: 'amadmin CONFIG holding list shows nothing.',
  words: ['left in the holding disk.'],
  patterns: [/There are \S+ of dumps left in the holding disk/, /Some dumps may have been left in the holding disk/],
  samples: [
    { line: 'There are 510K of dumps left in the holding disk.', from: 'testdata/doctor/dumps-left-on-holding' },
  ],
}
