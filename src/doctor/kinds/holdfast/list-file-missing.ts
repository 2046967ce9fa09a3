import type { FaultKind } from '../../contract.ts'

export const listFileMissing: FaultKind = {
  code: 'list-file-missing',
  severity: 'failure',
  symptom: 'A file with patterns to leave out or take in is not on the client',
  cause: 'exclude-lists and include-lists name files on the client. The file is not there, and lists-optional is false.',
  confidence: 'certain',
  advice: 'Put the file on the client, or set lists-optional: true in the dumptype.',
  cures: [
    { on: 'client', commands: ['ls -l FILE'], steps: ['The path is one on the client; a relative one begins in the directory of the disk.'] },
  ],
  check: 'holdfast check HOST finds nothing.',
  words: ['the exclude list ', 'the include list '],
  patterns: [/the (?:exclude|include) list \S+ does not exist/],
  samples: [
    { line: 'FAIL dumper client /srv/list 20261126214103 0 [the exclude list /nowhere/patterns does not exist]', from: 'testdata/doctor/own-settings, a run of Holdfast' },
  ],
}
