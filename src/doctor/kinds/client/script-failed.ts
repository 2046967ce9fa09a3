import type { FaultKind } from '../../contract.ts'

export const scriptFailed: FaultKind = {
  code: 'script-failed',
  severity: 'failure',
  symptom: 'A script of the dumptype failed, so the disk was not dumped',
  cause: 'A script that runs before an estimate or a dump and ends with an error stops it: most do so because what they prepare (a snapshot, a database) could not be had.',
  confidence: 'certain',
  advice: 'Read what the script said, and run it by hand on the client.',
  cures: [
    { on: 'client', commands: ['/usr/lib/amanda/application/NAME PRE-DLE-BACKUP --config CONFIG --host CLIENT --disk PATH --device PATH'], steps: ['Run it as the user of Amanda, with the arguments of the debug file.'] },
  ],
  check: 'The script ends with 0.',
  words: ['Script \''],
  patterns: [/Script '[^']+' command '(?!support)[^']+':? (?!OK)/],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261126210949 0 [Script \'script-fail\' command \'PRE-DLE-BACKUP\': stderr error:  PRE-DLE-BACKUP]', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
