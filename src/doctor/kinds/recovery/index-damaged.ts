import type { FaultKind } from '../../contract.ts'

export const indexDamaged: FaultKind = {
  code: 'index-damaged',
  severity: 'failure',
  symptom: 'The index of the dump has no files in it',
  cause: 'amrecover found the index but not the directory it begins with: the index file is damaged or empty, or was made by a program whose names do not begin with a slash.',
  confidence: 'likely',
  advice: 'Make the index again from the dump with amreindex.',
  cures: [
    { on: 'server', commands: ['zcat INDEXDIR/HOST/DISK/*-unsorted.gz | head', 'amreindex CONFIG HOST DISK'], steps: ['If zcat fails, remove the damaged file before amreindex.'] },
  ],
  check: 'amrecover lists the files of the date.',
  words: ['is an invalid directory'],
  patterns: [/"\/" is an invalid directory/],
  samples: [
    { line: '500 "/" is an invalid directory', from: 'testdata/doctor/recover-index-damaged' },
  ],
}
