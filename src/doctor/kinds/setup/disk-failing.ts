import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const diskFailing: FaultKind = setupKind({
  code: 'disk-failing',
  severity: 'failure',
  symptom: 'The last runs of a disk all failed',
  cause: 'What keeps it from being dumped does not go away by itself; the reports of the runs were not read.',
  advice: 'Mend what the failures have in common.',
  cures: [
    { on: 'server', commands: ['holdfast report', 'holdfast check HOST'], steps: ['The code that each failure carries has a page of its own: holdfast doctor logs explains the run logs.'] },
  ],
  check: 'holdfast dump HOST DISK ends with 0.',
  lines: [
    'ERROR   laptop /home: its last 3 runs failed, the last with "too slow" [timed-out]. Read what the failures have in common and mend that; `holdfast report` has the lines of the last run. [disk-failing]',
  ],
})
