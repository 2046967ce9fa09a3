import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const partWrong: FaultKind = setupKind({
  code: 'part-wrong',
  severity: 'failure',
  symptom: 'Files of a volume are not what the catalog says',
  cause: 'The volume was written by another server or program, its file system was restored from an older copy, or a file was cut or changed.',
  advice: 'Verify the dumps that are named, then rebuild the catalog.',
  cures: [
    { on: 'server', commands: ['holdfast verify HOST DISK', 'holdfast catalog rebuild'], steps: ['Make new full dumps of what cannot be restored: holdfast dump HOST DISK --level full.'] },
  ],
  check: 'holdfast doctor storage does not name the volume any more.',
  lines: [
    'ERROR   volume DAILY-0003 in slot slot3 has 1 files that are not what the catalog says. Run `holdfast verify` for the disks that are named, then `holdfast catalog rebuild`. [part-wrong]',
  ],
})
