import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const partUnlisted: FaultKind = setupKind({
  code: 'part-unlisted',
  severity: 'notice',
  symptom: 'A volume has files of no dump in the catalog',
  cause: 'Parts of a dump that did not end there, or a dump that the catalog lost. They only take room until the volume is written over.',
  advice: 'Nothing, unless a dump is missing in the catalog.',
  cures: [
    { on: 'server', commands: ['holdfast catalog rebuild'], steps: ['It lists whole dumps again.'] },
  ],
  check: 'They are gone when the volume has been written over.',
  lines: [
    'note    volume DAILY-0003 in slot slot3 has 1 files (1048576 bytes) of no dump in the catalog. [part-unlisted]',
  ],
})
