import type { FaultKind } from '../../contract.ts'

export const programNotSuid: FaultKind = {
  code: 'program-not-suid',
  severity: 'failure',
  symptom: 'A program that must be set-uid root is not',
  cause: 'ambind opens ports below 1024 and runtar reads all files; both are owned by root with the set-uid bit. A copy, a package that was unpacked by hand, or a file system that is mounted nosuid takes it away.',
  confidence: 'certain',
  advice: 'Give the program back to root with its set-uid bit.',
  cures: [
    { on: 'server', commands: ['ls -l /usr/lib/amanda/ambind', 'chown root:backup /usr/lib/amanda/ambind', 'chmod 04750 /usr/lib/amanda/ambind', 'findmnt -T /usr/lib/amanda'], steps: ['Or install the package again: it sets the modes. The directory is /usr/libexec/amanda elsewhere.'] },
  ],
  check: 'amcheck CONFIG has no error of set-uid.',
  words: ['ambind: bind failed', 'not setuid-root', 'is not SUID root'],
  patterns: [/ambind: bind failed \S*:? ?Permission denied/, /not setuid-root/, /is not SUID root/],
  samples: [
    { line: 'ERROR: program /usr/lib/amanda/ambind: not setuid-root', from: 'testdata/doctor/programs-not-suid' },
    { line: 'FAIL planner amclient /srv/many 20261126214548 0 "[Request to amclient failed: ambind: bind failed A: Permission denied]"', from: 'testdata/doctor/programs-not-suid' },
  ],
}
