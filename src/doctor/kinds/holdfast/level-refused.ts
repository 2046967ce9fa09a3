import type { FaultKind } from '../../contract.ts'

export const levelRefused: FaultKind = {
  code: 'level-refused',
  severity: 'failure',
  symptom: 'The level that was asked for is not one that the disk may have',
  cause: 'The strategy of the disk (nofull, noinc) or its application allows only the other kind of dump.',
  confidence: 'certain',
  advice: 'Ask for another level, or change strategy in the dumptype of the disk.',
  cures: [
    { on: 'holdfast.yaml', commands: ['holdfast config show'], steps: ['strategy: standard allows both. An application command has full dumps only.'] },
  ],
  check: 'holdfast dump HOST DISK --level LEVEL ends well.',
  faultCodes: ['level-refused'],
  words: ['but the strategy is nofull', 'has full dumps only'],
  patterns: [/a full dump was asked for, but the strategy is nofull/, /an incremental was asked for, but its strategy or application has full dumps only/],
  samples: [
    { line: 'FAIL planner client /srv/full 20261126214112 0 "an incremental was asked for, but its strategy or application has full dumps only"', from: 'testdata/doctor/own-levels, a run of Holdfast' },
  ],
}
