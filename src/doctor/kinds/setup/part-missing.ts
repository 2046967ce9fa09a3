import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const partMissing: FaultKind = setupKind({
  code: 'part-missing',
  severity: 'failure',
  symptom: 'A volume lacks parts of dumps that the catalog lists',
  cause: 'Files of the volume were removed, the volume was replaced by an older copy, or its disk lost them. The dumps they belong to cannot be restored from there.',
  advice: 'Make new full dumps, and bring the catalog up to what is there.',
  cures: [
    { on: 'server', commands: ['holdfast verify HOST DISK', 'holdfast catalog rebuild', 'holdfast dump HOST --level full'], steps: ['If the files were moved, put them back under the same names first.'] },
  ],
  check: 'holdfast doctor storage does not name the volume any more.',
  lines: [
    'ERROR   volume DAILY-0003 in slot slot3 lacks 2 parts that the catalog lists. If they were removed by hand, run `holdfast catalog rebuild` so that the catalog does not count on them, and make new full dumps. [part-missing]',
  ],
})
