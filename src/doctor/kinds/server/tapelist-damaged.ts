import type { FaultKind } from '../../contract.ts'

export const tapelistDamaged: FaultKind = {
  code: 'tapelist-damaged',
  severity: 'failure',
  symptom: 'The tapelist has a line that Amanda cannot read',
  cause: 'The tapelist says which volumes exist and when they were written. Without it nothing is written and nothing can be found. Somebody edited it, or the disk was full when it was written.',
  confidence: 'certain',
  advice: 'Correct or remove the line that is named.',
  cures: [
    { on: 'server', commands: ['amgetconf CONFIG tapelist', 'cat TAPELIST'], steps: ['Each line is: date, label, reuse or no-reuse, and then fields such as POOL:name. Correct the line that is named; an older copy may be in a backup of /etc/amanda.'] },
  ],
  check: 'amcheck -t CONFIG reads it.',
  words: ['line in the tapelist file', 'Failed to read tapelist file'],
  patterns: [/Bogus line in the tapelist file/, /Failed to read tapelist file/],
  samples: [
    { line: 'FATAL planner Bogus line in the tapelist file: LAB02 was here', from: 'testdata/doctor/tapelist-damaged' },
  ],
}
