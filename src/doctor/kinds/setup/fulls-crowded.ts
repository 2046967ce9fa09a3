import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const fullsCrowded: FaultKind = setupKind({
  code: 'fulls-crowded',
  severity: 'warning',
  symptom: 'Most full dumps are due in the same night',
  cause: 'A full is due a dump cycle after the last one, so disks that were added together, or were all dumped in full by hand, meet again in one night. That run takes longest, needs most volumes, and may not end before morning; if it fails, all fulls are late.',
  advice: 'Make some of the fulls earlier; the planner then keeps them apart.',
  cures: [
    { on: 'server', commands: ['holdfast dump HOST DISK --level full'], steps: ['The finding lists which disk to dump in full in which night. The planner moves fulls forward by itself, one night at a time, where a run has room.'] },
  ],
  check: 'holdfast doctor config shows the fulls spread over the nights.',
  lines: [
    'note    5 of 5 fulls (500 GiB, 100 % of all) are due in the night of Tue 1 Dec; spread out, no night would carry more than 100 GiB. The planner moves fulls forward by itself where it can; to balance at once, make the fulls that are listed in the nights that are named. [fulls-crowded]',
  ],
})
