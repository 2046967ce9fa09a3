import type { FaultKind } from '../../contract.ts'

export const scriptFailed: FaultKind = {
  code: 'script-failed',
  severity: 'failure',
  symptom: 'A script of the dumptype failed, so the disk was not dumped',
  cause: 'A script that runs before an estimate or a dump and ends with an error stops it: most do so because what they prepare (a snapshot, a database) could not be had.',
  confidence: 'certain',
  advice: 'Read what the script said, and run it by hand on the client.',
  cures: [
    { on: 'client', commands: ['SCRIPTDIR/NAME PRE-DLE-BACKUP --config CONFIG --host CLIENT --disk PATH --device PATH --level 0'], steps: ['An agent of Holdfast: SCRIPTDIR is script-dir of agent.yaml. A script of the server is in directories.scripts of holdfast.yaml, and run there.'] },
    { on: 'client', commands: ['/usr/lib/amanda/application/NAME PRE-DLE-BACKUP --config CONFIG --host CLIENT --disk PATH --device PATH'], steps: ['Run it as the user of Amanda, with the arguments of the debug file.'] },
  ],
  check: 'The script ends with 0.',
  faultCodes: ['script-failed'],
  words: ['Script \''],
  patterns: [/Script '[^']+' command '(?!support)[^']+':? (?!OK|it did not end within )/],
  samples: [
    { line: "FAIL dumper client /srv/scripted 20261127004103 0 [Script 'snapshot-btrfs' command 'PRE-DLE-BACKUP': /srv/scripted is not a btrfs subvolume]", from: 'the texts of Holdfast' },
    { line: 'FAIL dumper amclient /srv/many 20261126210949 0 [Script \'script-fail\' command \'PRE-DLE-BACKUP\': stderr error:  PRE-DLE-BACKUP]', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
