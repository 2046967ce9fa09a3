import type { FaultKind } from '../../contract.ts'

export const dumpTooBig: FaultKind = {
  code: 'dump-too-big',
  severity: 'failure',
  symptom: 'A dump is larger than the volumes that a run may fill',
  cause: 'The planner adds up runtapes volumes of the length that the tapetype says. A full dump that is larger is put off, and a new disk has no increment to dump instead. With several disks, those with the lowest priority are left out.',
  confidence: 'certain',
  advice: 'Raise runtapes, or cut the disk into several with include and exclude.',
  cures: [
    { on: 'amanda.conf', steps: ['Raise runtapes (and tapecycle), or correct length in the tapetype if the volumes are larger than it says.', 'Cut the disk into several entries of the disklist with include and exclude, so that their full dumps fall on different nights. Compress it if it can be compressed.'] },
  ],
  check: 'The planner gives the disk a level (amdump.*: GENERATING SCHEDULE).',
  words: ['larger than available tape space', 'cannot fit anything on tape', 'too big,'],
  patterns: [/larger than available tape space/, /cannot fit anything on tape/, /dumps (?:way )?too big,/],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126211415 0 ["dump estimate ( 510 KB ) is larger than available tape space ( 400 KB ),  but cannot incremental dump new disk"]', from: 'testdata/doctor/dump-too-big' },
    { line: 'FATAL planner cannot fit anything on tape, bailing out', from: 'testdata/doctor/dump-too-big' },
  ],
}
