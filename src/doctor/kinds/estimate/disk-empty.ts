import type { FaultKind } from '../../contract.ts'

export const diskEmpty: FaultKind = {
  code: 'disk-empty',
  severity: 'notice',
  symptom: 'A disk has nothing in it',
  cause: 'The directory is there, and its estimate is as small as that of an empty one: what should be mounted there is not, or no file matches the include of the dumptype.',
  confidence: 'possible',
  advice: 'See whether something should be mounted there, and whether its include matches.',
  cures: [
    { on: 'client', commands: ['findmnt -T PATH; ls -la PATH'], steps: ['A mount that is missing leaves an empty directory.'] },
    { on: 'amanda.conf', steps: ['Patterns of include are relative to the directory of the disk and begin with ./.'] },
  ],
  check: 'The size of the next full dump is what it should be.',
  words: [': 0 -> 0K', ': 0 -> 1K', ': 0 -> 10K'],
  patterns: [/: got result for host (?<host>\S+) disk (?<disk>\S+): 0 -> (?:0|1|10)K,/],
  samples: [
    { line: 'planner: time 1.588: got result for host amclient disk /srv/empty: 0 -> 10K, -1 -> -3K, -1 -> -3K', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
