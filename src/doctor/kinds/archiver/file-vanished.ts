import type { FaultKind } from '../../contract.ts'

export const fileVanished: FaultKind = {
  code: 'file-vanished',
  severity: 'notice',
  symptom: 'A file was removed between the listing of its directory and its dump',
  cause: 'Programs remove files (queues, temporary files, rotated logs) while tar reads. What is gone at that moment is not in the dump, and does not have to be.',
  confidence: 'certain',
  advice: 'Nothing, unless it is always the same directory: then exclude it.',
  cures: [
    { on: 'amanda.conf', steps: ['Exclude directories that hold nothing but passing files, such as mail queues and caches (exclude in the dumptype).'] },
  ],
  check: 'The line is gone, or names other files each night.',
  words: ['File removed before we read it', 'Cannot stat: No such file', 'Cannot open: No such file', 'Cannot add file'],
  patterns: [/: File removed before we read it/, /tar: \..*: (?:Warning: )?Cannot (?:stat|open): No such file or directory/, /\S: Cannot add file .*: No such file or directory/],
  samples: [
    { line: '  ? /bin/tar: ./gone17: File removed before we read it', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '? gtar: ./spool/q123: Warning: Cannot stat: No such file or directory', from: 'clients of Amanda 2.4 to 3.3' },
    { line: '| gtar: Cannot add file ./tmp/x1: No such file or directory', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
