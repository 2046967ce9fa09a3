import type { FaultKind } from '../../contract.ts'

export const fileNameTooLong: FaultKind = {
  code: 'file-name-too-long',
  severity: 'failure',
  symptom: 'A file was left out because its name or path is too long',
  cause: 'The archive format that tar was told to write (ustar, v7) has room for 100 to 256 characters of a path, or the file system allows no longer ones.',
  confidence: 'certain',
  advice: 'Let tar write its own format (gnu), which knows no limit.',
  cures: [
    { on: 'amanda.conf', steps: ['Take --format=ustar or --posix out of COMMAND-OPTIONS of the application.'] },
    { on: 'client', steps: ['If the system itself says so, dump deeper directories as entries of their own.'] },
  ],
  check: 'The dump does not name the file.',
  words: ['name is too long', 'File name too long', 'link name is too long'],
  patterns: [/: (?:file |link )?name is too long \(.*\); not dumped/, /: Cannot \w+: File name too long/],
  samples: [
    { line: 'Thu Nov 26 21:09:13.705301142 2026: pid 6529: thd-0x55606014be00: amgtar: /usr/bin/tar: ./dir/file: file name is too long (cannot be split); not dumped', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '? gtar: ./a/b: file name is too long (max 100); not dumped', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
