import type { FaultKind } from '../../contract.ts'

export const excludeListMissing: FaultKind = {
  code: 'exclude-list-missing',
  severity: 'warning',
  symptom: 'An exclude or include list that the dumptype names is not on the client',
  cause: 'The path in the dumptype is of the client. Without its exclude list everything is dumped: more than was wanted, and for longer.',
  confidence: 'certain',
  advice: 'Put the list where the dumptype says, or correct the path.',
  cures: [
    { on: 'client', commands: ['ls -l LIST'], steps: ['A path that does not begin with / is below the directory of the disk.'] },
    { on: 'amanda.conf', steps: ['exclude list optional "PATH" keeps quiet where a client has none.'] },
  ],
  check: 'The debug file of sendbackup names no list any more.',
  words: ['open exclude file', 'open include file', 'exclude file', 'include file'],
  patterns: [/(?:Can't|Cannot) open (?:exclude|include) file '?[^':]+'?: /],
  samples: [
    { line: '  ? Can\'t open exclude file \'/etc/amanda/exclude-gone\': No such file or directory', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'calcsize: Cannot open exclude file /etc/amanda/exclude: No such file or directory', from: 'the texts of Amanda 3.5.1' },
  ],
}
