import type { FaultKind } from '../../contract.ts'

export const volumesUsedUp: FaultKind = {
  code: 'volumes-used-up',
  severity: 'failure',
  symptom: 'The run has written as many volumes as runtapes allows, and dumps were left',
  cause: 'runtapes is the number of volumes one run may fill. The dumps of this run need more, because they grew, because the volumes hold less than length says, or because old dumps were flushed as well.',
  confidence: 'certain',
  advice: 'Raise runtapes, or let the next run write what is left on the holding disk.',
  cures: [
    { on: 'amanda.conf', steps: ['Raise runtapes, and tapecycle in proportion, if the changer has that many volumes. Lower what a night writes with more runs in a dumpcycle.', 'Say the true length of a volume in the tapetype: the planner then makes the night fit.'] },
    { on: 'server', commands: ['amflush CONFIG'], steps: ['Writes what is left on the holding disk to a further volume.'] },
  ],
  check: 'No dump is left on the holding disk after a run (amadmin CONFIG holding list).',
  words: ['does not allow additional tapes'],
  patterns: [/runtapes=\d+ does not allow additional tapes/],
  samples: [
    { line: 'ERROR taper no-tape config [1 tapes filled; runtapes=1 does not allow additional tapes]', from: 'testdata/doctor/volumes-used-up' },
  ],
}
