import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const volumesFew: FaultKind = setupKind({
  code: 'volumes-few',
  severity: 'warning',
  symptom: 'Fewer volumes may be written than a run may use',
  cause: 'Retention keeps the others, or they cannot be used. A run that needs more volumes than that leaves dumps on the holding disk.',
  advice: 'Add slots, or lower the retention.',
  cures: [
    { on: 'holdfast.yaml', commands: ['holdfast doctor storage'], steps: ['Raise storage.slots, lower storage.keep, or lower volumes-per-run if runs need fewer.'] },
  ],
  check: 'holdfast check names as many volumes as a run may use.',
  lines: [
    'WARNING a run may use 8 volumes and only 3 may be written. Add slots, or lower the retention. [volumes-few]',
  ],
})
