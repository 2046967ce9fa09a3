import type { FaultKind } from '../../contract.ts'

export const specialFileIgnored: FaultKind = {
  code: 'special-file-ignored',
  severity: 'notice',
  symptom: 'Sockets, doors or files of an unknown type were left out',
  cause: 'Programs make them anew when they start; tar cannot keep them, and nobody misses them.',
  confidence: 'certain',
  advice: 'Nothing.',
  cures: [
    { on: 'amanda.conf', steps: ['To see a quiet report exclude them, or use amgtar, which calls these lines normal.'] },
  ],
  check: 'Nothing is lost.',
  words: [': socket ignored', ': door ignored', 'Unknown file type'],
  patterns: [/\S: (?:socket|door) ignored/, /: Unknown file type; file ignored/],
  samples: [
    { line: '  | /bin/tar: ./socket: socket ignored', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '? gtar: ./dev/log: socket ignored', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
