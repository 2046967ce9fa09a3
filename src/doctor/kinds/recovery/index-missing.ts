import type { FaultKind } from '../../contract.ts'

export const indexMissing: FaultKind = {
  code: 'index-missing',
  severity: 'failure',
  symptom: 'There is no index of the dump, so amrecover cannot show its files',
  cause: 'The dumptype had index no, the index was removed or pruned, or indexdir names another directory. The dump itself can be restored without an index.',
  confidence: 'certain',
  advice: 'Make the index again from the dump with amreindex, or restore all of it with amfetchdump.',
  cures: [
    { on: 'server', commands: ['amreindex CONFIG HOST DISK', 'amfetchdump -p CONFIG HOST DISK | tar -xpGf -'], steps: ['Set index yes in the dumptype for the next dumps.'] },
  ],
  check: 'amrecover lists the files of the date.',
  words: ['index file not found for host', 'Index directory ', 'No index records for disk: ', 'No index records for host'],
  patterns: [/index file not found for host '(?<host>[^']*)' disk '(?<disk>[^']*)'/, /Index directory \S+ does not exist/, /No index records for (?:disk|host): /],
  samples: [
    { line: "599 index file not found for host 'amclient' disk '/srv/many' level '0' date '2026-11-26-21-52-16'", from: 'testdata/doctor/recover-index-removed' },
  ],
}
