import type { FaultKind } from '../../contract.ts'

export const recoveryDumpTruncated: FaultKind = {
  code: 'recovery-dump-truncated',
  severity: 'failure',
  symptom: 'The dump on the volume ends too early',
  cause: 'The file on the volume is shorter than the dump: its file system was full, it was copied in part, or the dump was given up in the middle (PARTIAL).',
  confidence: 'likely',
  advice: 'Restore from another dump; what tar has extracted before the end is good.',
  cures: [
    { on: 'server', commands: ['amadmin CONFIG find HOST DISK', 'ls -l VTAPES/*'], steps: ['A line of amadmin find with PARTIAL says that the dump was never whole. Make a full dump in the next run: amadmin CONFIG force HOST DISK.'] },
  ],
  check: 'amcheckdump CONFIG validates the dump.',
  words: ['Unexpected EOF in archive', 'unexpected end of file'],
  patterns: [/Unexpected EOF in archive/, /unexpected end of file/],
  samples: [
    { line: 'application stderr: /bin/tar: Unexpected EOF in archive', from: 'testdata/doctor/fetch-volume-truncated' },
  ],
}
