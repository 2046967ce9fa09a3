import type { FaultKind } from '../../contract.ts'

export const amandatesUnusable: FaultKind = {
  code: 'amandates-unusable',
  severity: 'warning',
  symptom: 'The client cannot note when a disk was dumped (amandates)',
  cause: 'After a dump the client writes its time into amandates, from which dump programs and calcsize take the time for incremental ones. The file is missing or does not belong to the user of Amanda. The dump itself is good.',
  confidence: 'certain',
  advice: 'Give the file to the user of Amanda.',
  cures: [
    { on: 'client', commands: ['touch /var/lib/amanda/amandates && chown backup:backup /var/lib/amanda/amandates && chmod 640 /var/lib/amanda/amandates'], steps: ['One line for each disk and level; an empty file will do to begin with.'] },
  ],
  check: 'After the next dump the file has a line of today.',
  words: ['amandates: ', 'amandates\' for writing', 'amandates\': '],
  patterns: [/error opening '\S*amandates' for writing: /, /(?:could not open|\[opening|could not lock) \S*amandates\S*: /, /can not \S+ '?\S*amandates'?: /i],
  samples: [
    { line: 'Thu Nov 26 21:10:43.101010101 2026: pid 13100: thd-0x558c6ed6ee00: sendbackup: non-fatal error opening \'/var/lib/amanda/amandates\' for writing: Permission denied]', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'sendbackup: error [opening /var/lib/amanda/amandates: Permission denied]', from: 'the texts of Amanda 3.5.1' },
  ],
}
