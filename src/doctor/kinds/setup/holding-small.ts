import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const holdingSmall: FaultKind = setupKind({
  code: 'holding-small',
  severity: 'warning',
  symptom: 'The full dump of a disk is larger than all holding disks',
  cause: 'It cannot wait there for a volume: it goes straight to the volume while it is made, one at a time and as slow as its host, or not at all if the disk must be held.',
  advice: 'Raise what a holding disk may take, add one, or split the disk.',
  cures: [
    { on: 'holdfast.yaml', commands: ['df -h HOLDING'], steps: ['holding: {use: …} or keep-free; a list of holding disks is used together.', 'Split the disk: several entries with disk, device and include.'] },
  ],
  check: 'holdfast doctor config does not name it any more.',
  lines: [
    'WARNING laptop /home: its full dump takes 80 GiB and the holding disks may take 20 GiB, so it goes straight to a volume, as slow as its host. Raise `use` of a holding disk, add one, or split the disk in the configuration. [holding-small]',
  ],
})
