import type { FaultKind } from '../../contract.ts'

export const volumeFull: FaultKind = {
  code: 'volume-full',
  severity: 'failure',
  symptom: 'A volume was full in the middle of a dump that may not be split',
  cause: 'The dump is larger than what was left on the volume, and the dumptype has allow-split no (or, before 3.3, no tape_splitsize), so that it cannot go on with the next volume. What was written of it is of no use.',
  confidence: 'certain',
  advice: 'Allow the dumptype to be split, or give it larger volumes.',
  cures: [
    { on: 'amanda.conf', steps: ['Remove allow-split no from the dumptype, and set part-size in the tapetype to about a tenth of its length.', 'If it must not be split, use volumes that are larger than the largest dump, and say their true length in the tapetype.'] },
    { on: 'server', commands: ['df -h VTAPES', 'amflush CONFIG'], steps: ['For volumes on a disk: see that their file system has room. What is on the holding disk goes to the next volume with amflush.'] },
  ],
  check: 'amreport shows no PARTIAL for the disk.',
  words: ['splitting not enabled'],
  patterns: [/No space left on device, splitting not enabled/],
  samples: [
    { line: 'PARTIAL taper "ST:lab" "POOL:lab" amclient /srv/many 20261126210658 1 0 04d0fe88:522240 04d0fe88:522240 04d0fe88:522240 [sec 0.100000 bytes 131072 kps 1280.000000 orig-kb 510] "No space left on device, splitting not enabled"', from: 'testdata/doctor/volume-file-system-full' },
  ],
}
