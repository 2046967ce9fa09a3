import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const fullOverdue: FaultKind = setupKind({
  code: 'full-overdue',
  severity: 'warning',
  symptom: 'The newest full dump of a disk is older than its dump cycle',
  cause: 'The full was due and no run made it: it does not fit into the volumes of a run, so the planner delays it night by night, or its dumps fail. Every restore then needs a longer chain of incrementals.',
  confidence: 'likely',
  advice: 'Make the full by hand, and see why the runs had no room or time for it.',
  cures: [
    { on: 'server', commands: ['holdfast dump HOST DISK --level full', 'holdfast report'], steps: ['If the report says that fulls are delayed: raise volumes-per-run or volume-size of the storage.'] },
  ],
  check: 'holdfast ls HOST lists a level 0 of today.',
  lines: [
    'WARNING laptop /home: its newest full dump, of run 20261101010000, is 21 d old, and the dump cycle is 7 d. Run `holdfast dump laptop /home --level full`, and see why the runs had no room or time for it. [full-overdue]',
  ],
})
