import type { FaultKind } from '../../contract.ts'

export const programRunByWrongUser: FaultKind = {
  code: 'program-run-by-wrong-user',
  severity: 'failure',
  symptom: 'A program was started by a user that may not run it',
  cause: 'Programs of the server run as dumpuser of amanda.conf, and amrecover as root. Started by another, they would leave files that the next run may not write, so they refuse.',
  confidence: 'certain',
  advice: 'Start it as the user that the message names.',
  cures: [
    { on: 'server', commands: ["su backup -s /bin/sh -c 'amcheck CONFIG'", 'amgetconf CONFIG dumpuser'], steps: ['Put runs into the crontab of that user, not of root. If dumpuser names a user that does not exist, correct it in amanda.conf: Debian calls it backup, others amanda or amandabackup.'] },
  ],
  check: 'The program begins.',
  words: ['must be executed as the', 'cannot look up dumpuser', 'has dump user configured to', 'must be run as'],
  patterns: [/must be executed as the ["']\S+["'] user/, /cannot look up dumpuser/, /has dump user configured to .* does not exist/, /(?<!'amandad' )must be run as /],
  samples: [
    { line: 'amdump: must be executed as the "backup" user instead of the "root" user', from: 'testdata/doctor/run-by-wrong-user' },
    { line: 'amdump: cannot look up dumpuser "amandabackup"', from: 'testdata/doctor/dumpuser-unknown' },
  ],
}
