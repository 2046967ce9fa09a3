import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const holdingWaits: FaultKind = setupKind({
  code: 'holding-waits',
  severity: 'warning',
  symptom: 'Dumps have been waiting on the holding disk for days',
  cause: 'No run could write them to a volume: none was free or writable, or no run took place. What is on the holding disk alone is lost with that disk.',
  advice: 'Write them to volumes, and see why no run could.',
  cures: [
    { on: 'server', commands: ['holdfast flush', 'holdfast check'], steps: ['check says why each volume was refused.'] },
  ],
  check: 'holdfast status shows no dumps on the holding disk.',
  lines: [
    'WARNING 3 dumps (12 GiB) have been waiting on the holding disk for more than 3 d. Run `holdfast flush`, and see with `holdfast check` why no run could write them. [holding-waits]',
  ],
})
