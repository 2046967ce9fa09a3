import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const directoryMissing: FaultKind = setupKind({
  code: 'directory-missing',
  severity: 'warning',
  symptom: 'A directory that Holdfast needs is not there or cannot be used',
  cause: 'Most often a file system is not mounted, or its mount point was removed. Otherwise the path in the configuration is wrong, or the user that runs Holdfast may not enter it.',
  advice: 'Mount the file system, or make the directory for the user that runs Holdfast.',
  cures: [
    { on: 'the machine that is named', commands: ['ls -ld DIRECTORY', 'findmnt --target DIRECTORY'], steps: ['Mount what should be mounted, and see that it is mounted at every start (fstab). Do not make an empty directory where a disk should be mounted: dumps would go to the wrong disk.'] },
  ],
  check: 'holdfast doctor host does not name the directory any more.',
  lines: [
    'ERROR   the directory /srv/volumes for volumes is not there. Mount the file system that holds it, or make the directory for the user that runs Holdfast. [directory-missing]',
  ],
})
