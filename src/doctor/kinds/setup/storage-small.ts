import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const storageSmall: FaultKind = setupKind({
  code: 'storage-small',
  severity: 'notice',
  symptom: 'The slots may hold more than their file system does',
  cause: 'slots times volume-size is larger than the disk. That is no fault while the volumes in use fit; once the disk is full a volume ends early, as if it were full itself, and runs need more of them.',
  advice: 'Watch the space, or lower slots or volume-size.',
  cures: [
    { on: 'server', commands: ['df -h STORAGE'], steps: ['Lower slots or volume-size so that all volumes fit, or keep less.'] },
  ],
  check: 'holdfast doctor storage does not name it any more.',
  lines: [
    'note    the 30 slots of /srv/volumes may hold 2.9 TiB, and there is room for 1.8 TiB: volumes end early once the disk is full. [storage-small]',
  ],
})
