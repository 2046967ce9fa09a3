import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const volumeOnlyFull: FaultKind = setupKind({
  code: 'volume-only-full',
  severity: 'warning',
  symptom: 'The next run may write over the only full dump of a disk',
  cause: 'Retention keeps the newest fulls of each disk; it cannot keep a dump whose volume the tapelist or the catalog gives another meaning: after a rebuild, or when volumes were moved or marked by hand.',
  confidence: 'likely',
  advice: 'Make a full dump of the disk first, or mark the volume no-reuse.',
  cures: [
    { on: 'server', commands: ['holdfast dump HOST DISK --level full', 'holdfast doctor storage'], steps: ['doctor storage tells where tapelist, labels and catalog differ.'] },
  ],
  check: 'holdfast doctor config does not name it any more.',
  lines: [
    'ERROR   the volumes that the next run may write over (DAILY-0003) hold the only full dump of 1 disks. Make a full dump of each of them first, or mark the volumes no-reuse in the tapelist. [volume-only-full]',
  ],
})
