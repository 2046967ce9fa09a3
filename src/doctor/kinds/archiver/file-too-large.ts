import type { FaultKind } from '../../contract.ts'

export const fileTooLarge: FaultKind = {
  code: 'file-too-large',
  severity: 'failure',
  symptom: 'A file is too large for the tar of the client',
  cause: 'tar or its system was built for files of less than 2 GiB, or the archive format holds no more than 8 GiB a file.',
  confidence: 'certain',
  advice: 'Install a tar that knows large files (GNU tar 1.13.25 or newer, built for 64 bits of size), and let it write its own format.',
  cures: [
    { on: 'client', commands: ['/bin/tar --version', 'ls -l FILE'], steps: ['See which tar it is.'] },
  ],
  check: 'The dump does not name the file.',
  words: ['too large for defined data type', 'File too large', 'value too large', 'out of off_t range'],
  patterns: [/tar: \S.*: (?:Value too large for defined data type|File too large)/, /tar: value \d+ out of off_t range/],
  samples: [
    { line: '? gtar: ./vm/disk.img: Cannot stat: Value too large for defined data type', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
