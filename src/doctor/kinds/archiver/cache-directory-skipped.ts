import type { FaultKind } from '../../contract.ts'

export const cacheDirectorySkipped: FaultKind = {
  code: 'cache-directory-skipped',
  severity: 'notice',
  symptom: 'Directories that call themselves caches were left out',
  cause: 'They hold a file CACHEDIR.TAG, and tar was told to leave such directories out (--exclude-caches).',
  confidence: 'certain',
  advice: 'Nothing, unless such a directory holds something that cannot be made again.',
  cures: [
    { on: 'amanda.conf', steps: ['Take --exclude-caches out of the options of tar to dump them as well.'] },
  ],
  check: 'The line is gone.',
  words: ['contains a cache directory tag'],
  patterns: [/contains a cache directory tag \S+; contents not dumped/],
  samples: [
    { line: '  ? /usr/bin/tar: ./cache: contains a cache directory tag CACHEDIR.TAG; contents not dumped', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
