import type { FaultKind } from '../../contract.ts'

export const serverFileGone: FaultKind = {
  code: 'server-file-gone',
  severity: 'failure',
  symptom: 'A file or directory of the server that was expected is not there',
  cause: 'Somebody or something removed it, or the file system that holds it is not mounted. For a dump that waited on the holding disk it means that the dump is lost.',
  confidence: 'likely',
  advice: 'Check the path that is named; see that its file system is mounted.',
  cures: [
    { on: 'server', commands: ['findmnt -T PATH', 'holdfast status'], steps: ['The next run dumps the disk again. See that no clean-up job (tmpreaper, systemd-tmpfiles) works below the directories of Holdfast.'] },
  ],
  check: 'holdfast dump HOST DISK ends well.',
  faultCodes: ['file-missing'],
  words: ['ENOENT: no such file', 'is not on the holding disk', 'is not on a holding disk'],
  patterns: [/\bENOENT: no such file or directory/, /\S is not on (?:the|a) holding disk/],
  samples: [
    { line: "FAIL dumper laptop /home 20261126211001 0 [ENOENT: no such file or directory, open '/var/holding/20261126211001/laptop._home.0']", from: 'the texts of Holdfast' },
  ],
}
