import type { FaultKind } from '../../contract.ts'

export const dumpAborted: FaultKind = {
  code: 'dump-aborted',
  severity: 'failure',
  symptom: 'A dump was ended on the server before it was done',
  cause: 'The driver told the dumper to stop: an operator ended the run (amcleanup -k, a kill), or the part that takes the data failed; then that stands in the same log.',
  confidence: 'likely',
  advice: 'See who ended the run at that time; dump the disk again (amdump CONFIG CLIENT DISK).',
  cures: [
    { on: 'server', commands: ['amcleanup CONFIG', 'last -x | head'], steps: ['Look for a shutdown, an operator or a script that ran amcleanup.'] },
  ],
  check: 'The next run ends by itself.',
  words: ['Killed while dumping', 'Aborted by driver'],
  patterns: [/\[Killed while dumping\]/, /Aborted by driver/],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261126213000 0 [Killed while dumping]', from: 'the texts of Amanda 3.5.1' },
  ],
}
