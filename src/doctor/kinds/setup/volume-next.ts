import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const volumeNext: FaultKind = setupKind({
  code: 'volume-next',
  severity: 'notice',
  symptom: 'Which volume is written over next, and what goes with it',
  cause: 'Volumes are used again, the oldest first, once retention does not need what is on them.',
  advice: 'Nothing, unless something on it is still wanted.',
  cures: [
    { on: 'server', commands: ['holdfast ls'], steps: ['Restore what is wanted first, or keep more: keep of the storage.'] },
  ],
  check: 'holdfast doctor config names another volume.',
  lines: [
    'note    the next run begins with volume DAILY-0003 in slot slot3 and writes over 4 dumps, the newest of run 20261101010000. [volume-next]',
  ],
})
