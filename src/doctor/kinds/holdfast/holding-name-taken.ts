import type { FaultKind } from '../../contract.ts'

export const holdingNameTaken: FaultKind = {
  code: 'holding-name-taken',
  severity: 'failure',
  symptom: 'The holding disk already has a file of the name that a dump needs',
  cause: 'A dump of the same disk and run is there, or a file that Holdfast did not make stands in its place.',
  confidence: 'certain',
  advice: 'Write what is there to volumes with `holdfast flush`, or move the file that is named away.',
  cures: [
    { on: 'server', commands: ['holdfast status', 'holdfast flush'], steps: ['What flush leaves there and is no dump can be moved away by hand.'] },
  ],
  check: 'holdfast dump HOST DISK ends well.',
  faultCodes: ['holding-exists'],
  words: ['is on the holding disk already', 'is being written to the holding', 'for the next chunk is free', 'belongs to another dump'],
  patterns: [/is on the holding disk already/, /is being written to the holding disk/, /no name for the next chunk is free/, /belongs to another dump/],
  samples: [
    { line: 'FAIL dumper laptop /home 20261126211001 0 [/var/holding/20261126211001/laptop._home.0 is on the holding disk already]', from: 'the texts of Holdfast' },
  ],
}
