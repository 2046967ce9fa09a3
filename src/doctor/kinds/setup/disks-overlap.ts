import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const disksOverlap: FaultKind = setupKind({
  code: 'disks-overlap',
  severity: 'notice',
  symptom: 'One disk of the configuration lies inside another',
  cause: 'GNU tar stays on one file system, so a disk that is a file system of its own is dumped once. If it is only a directory, all that is in it is dumped with both disks and takes twice the time and room.',
  confidence: 'possible',
  advice: 'Leave the inner directory out of the outer disk, unless it is a file system of its own.',
  cures: [
    { on: 'client', commands: ['findmnt --target DIRECTORY'], steps: ['It shows whether the inner directory is a mount point. If it is, all is well.'] },
    { on: 'holdfast.yaml', steps: ['exclude-append: ["./INNER"] at the outer disk.'] },
  ],
  check: 'holdfast doctor config does not name it any more.',
  lines: [
    'note    laptop /home/ann: /home/ann lies inside the disk /home, so it is dumped twice unless it is a file system of its own. Leave it out of the outer disk with `exclude-append: ["./ann"]`. [disks-overlap]',
  ],
})
