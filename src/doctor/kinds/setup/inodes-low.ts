import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const inodesLow: FaultKind = setupKind({
  code: 'inodes-low',
  severity: 'warning',
  symptom: 'A file system has space left but no inodes: no more files can be made on it',
  cause: 'Each file takes an inode, and file systems such as ext4 and tmpfs have a fixed number. Millions of small files use them up while df still shows free space; writing then fails with "No space left on device".',
  advice: 'Remove small files there, or move the directory to a file system with more inodes.',
  cures: [
    { on: 'the machine that is named', commands: ['df -i DIRECTORY', "find DIRECTORY -xdev -printf '%h\\n' | sort | uniq -c | sort -n | tail -20"], steps: ['Remove what the second command names if it is not needed. Inodes of ext4 are fixed when it is made (mkfs.ext4 -N); xfs and btrfs make them as they are needed.'] },
  ],
  check: 'df -i shows free inodes, and the check does not name the directory any more.',
  lines: [
    'ERROR   /srv/holding has 0 of 64 inodes left: no more files can be made there, whatever space is free. Remove small files from the file system of /srv/holding; `df -i` shows its inodes. [inodes-low]',
  ],
})
