import type { FaultKind } from '../../contract.ts'

export const otherFileSystem: FaultKind = {
  code: 'other-file-system',
  severity: 'notice',
  symptom: 'Another file system is mounted below the directory; its files are not part of this dump',
  cause: 'tar stays on one file system, so that a disklist entry is one disk. What is mounted below needs an entry of its own.',
  confidence: 'certain',
  advice: 'See that each of the named directories has an entry in the disklist, if it is worth keeping.',
  cures: [
    { on: 'disklist', steps: ['Add an entry for each mount that is to be dumped; findmnt on the client lists them.', 'amgtar: property "ONE-FILE-SYSTEM" "no" takes all of them into one dump.'] },
  ],
  check: 'amadmin CONFIG disklist CLIENT shows an entry for each mount.',
  words: ['is on a different filesystem'],
  patterns: [/\S: (?:file|directory) is on a different filesystem; not dumped/],
  samples: [
    { line: '  ? /bin/tar: ./mounted: directory is on a different filesystem; not dumped', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '? gtar: ./proc/: file is on a different filesystem; not dumped', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
