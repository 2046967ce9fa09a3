import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const directoryReadOnly: FaultKind = setupKind({
  code: 'directory-read-only',
  severity: 'warning',
  symptom: 'A directory that Holdfast writes to lies on a file system that is mounted read-only',
  cause: 'Linux mounts a file system read-only when it finds errors on it, or it was mounted so on purpose.',
  advice: 'Read the kernel log for why, check the disk, then mount it for writing again.',
  cures: [
    { on: 'the machine that is named', commands: ['findmnt --target DIRECTORY', 'dmesg | grep -i -e ext4 -e xfs -e btrfs -e "I/O error" | tail -20'], steps: ['If the kernel found errors: unmount, fsck, and look at the health of the disk (smartctl -a DEVICE) before anything is written to it again.', 'Otherwise: mount -o remount,rw MOUNTPOINT, and correct /etc/fstab.'] },
  ],
  check: 'findmnt shows rw, and the check does not name the directory any more.',
  lines: [
    'ERROR   /srv/volumes lies on a file system that is mounted read-only. Read the kernel log for why, check the disk, then mount it for writing again. [directory-read-only]',
  ],
})
