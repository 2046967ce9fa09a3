import type { FaultKind } from '../../contract.ts'

export const incrementalWithoutBase: FaultKind = {
  code: 'incremental-without-base',
  severity: 'failure',
  symptom: 'An incremental dump was wanted, and there is no dump that it could build on',
  cause: 'The catalog has no full dump of the disk (it was never dumped, or strategy incronly waits for one), or the agent lost the snapshot of the base. In the second case the disk is dumped in full by itself.',
  confidence: 'certain',
  advice: 'Make a full dump: `holdfast dump HOST DISK --level full`.',
  cures: [
    { on: 'server', commands: ['holdfast ls HOST DISK', 'holdfast dump HOST DISK --level full'], steps: ['With strategy incronly somebody has to ask for the first full dump.'] },
  ],
  check: 'holdfast dump HOST DISK --level incremental ends well afterwards.',
  faultCodes: ['base-missing', 'no-base'],
  words: ['it could build on', 'there is no snapshot here of', 'incronly and there is no full', 'the snapshot '],
  patterns: [/was asked for, but there is no (?:full )?dump it could build on/, /there is no snapshot here of /, /the strategy is incronly and there is no full dump yet/, /the snapshot \S+ cannot be built on: /],
  samples: [
    { line: 'FAIL planner client /srv/new 20261126214112 0 "an incremental was asked for, but there is no full dump it could build on"', from: 'testdata/doctor/own-levels, a run of Holdfast' },
    { line: 'FAIL planner laptop /home 20261126211001 0 "the strategy is incronly and there is no full dump yet"', from: 'the texts of Holdfast' },
  ],
}
