import type { FaultKind } from '../../contract.ts'
import { CAUSES_ON_CLIENT } from '../causes-on-client.ts'

export const estimateWithoutSize: FaultKind = {
  code: 'estimate-without-size',
  severity: 'failure',
  symptom: 'The program of the estimate ended well and said no size',
  cause: 'tar, dump or smbclient on the client is another one than Amanda expects (a wrapper, BusyBox, another language), or the disk is empty in a way that it prints nothing.',
  confidence: 'likely',
  advice: 'Run the command of sendsize\'s debug file by hand on the client.',
  cures: [
    { on: 'client', commands: ['LC_ALL=C tar --create --file /dev/null --totals /etc/hostname'], steps: ['GNU tar prints Total bytes written with --totals.'] },
  ],
  check: 'The command prints Total bytes written.',
  words: ['no size line match in', 'is really empty?', '" really empty?'],
  patterns: [/no size line match in .* output/, /possible \S+ problem -- is "(?<disk>[^"]*)" really empty\?/],
  followsFrom: [...CAUSES_ON_CLIENT, 'archiver-failed', 'program-killed'],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126211215 0 "[no size line match in runtar output]"', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
