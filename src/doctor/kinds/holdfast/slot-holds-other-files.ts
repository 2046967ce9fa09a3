import type { FaultKind } from '../../contract.ts'

export const slotHoldsOtherFiles: FaultKind = {
  code: 'slot-holds-other-files',
  severity: 'failure',
  symptom: 'A slot holds files that are not a volume',
  cause: 'The directory has files, but none of them is the label of a volume. Holdfast does not write over what it does not know.',
  confidence: 'certain',
  advice: 'Move the files elsewhere, or allow `foreign` in the autolabel setting of the storage.',
  cures: [
    { on: 'server', commands: ['holdfast storage check', 'holdfast check'], steps: ['They name the slot.'] },
    { on: 'holdfast.yaml', steps: ['storage: {autolabel: [empty, foreign]} lets such slots be written over.'] },
  ],
  check: 'holdfast check names the volume that the next run writes.',
  faultCodes: ['volume-foreign'],
  words: ['is not a labelled volume'],
  patterns: [/\S is not a labelled volume/],
  samples: [
    { line: 'FAIL taper "ST:main" "POOL:main" laptop /home 20261126211001 0 "/mnt/backup/slot2 is not a labelled volume"', from: 'the texts of Holdfast' },
  ],
}
