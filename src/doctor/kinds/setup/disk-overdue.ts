import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const diskOverdue: FaultKind = setupKind({
  code: 'disk-overdue',
  severity: 'failure',
  symptom: 'A disk has not been backed up for longer than the schedule allows',
  cause: 'Runs do not take place (server off, no schedule), or they fail for this disk: its agent is away, or its dumps end with an error.',
  advice: 'Find out with report and check why no run has dumped it since.',
  cures: [
    { on: 'server', commands: ['holdfast status', 'holdfast report', 'holdfast check HOST'], steps: ['Mend what they name, then: holdfast dump HOST DISK.'] },
  ],
  check: 'holdfast ls HOST lists a dump of today.',
  lines: [
    'ERROR   laptop /home: its newest dump, of run 20261101010000, is 9 d old. See with `holdfast report` and `holdfast check laptop` why no run has dumped it since. [disk-overdue]',
  ],
})
