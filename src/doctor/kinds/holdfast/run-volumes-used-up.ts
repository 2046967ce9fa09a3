import type { FaultKind } from '../../contract.ts'

export const runVolumesUsedUp: FaultKind = {
  code: 'run-volumes-used-up',
  severity: 'failure',
  symptom: 'The run has used as many volumes as it may',
  cause: 'volumes-per-run of the storage is reached. What is left stays on the holding disk and goes to volumes with the next run.',
  confidence: 'certain',
  advice: 'Raise volumes-per-run of the storage, or let the next run write what is left on the holding disk.',
  cures: [
    { on: 'server', commands: ['holdfast flush'], steps: ['A flush is a run of its own and may use as many volumes again.'] },
    { on: 'holdfast.yaml', steps: ['storage: {volumes-per-run: 16}, or larger volumes (volume-size).'] },
  ],
  check: 'holdfast status shows nothing on the holding disk after the next run.',
  faultCodes: ['volumes-per-run'],
  words: ['the run has used its '],
  patterns: [/the run has used its \d+ volumes/],
  samples: [
    { line: 'FAIL taper "ST:main" "POOL:main" client /srv/large 20261126214141 0 "the run has used its 1 volumes"', from: 'testdata/doctor/own-volumes-used-up, a run of Holdfast' },
  ],
}
