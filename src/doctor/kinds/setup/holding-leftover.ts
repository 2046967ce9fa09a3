import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const holdingLeftover: FaultKind = setupKind({
  code: 'holding-leftover',
  severity: 'warning',
  symptom: 'Files on a holding disk belong to no dump',
  cause: 'A server that was killed left chunks unfinished, or other programs use the same directory.',
  advice: 'Restart the server, which tidies up; remove by hand what it leaves.',
  cures: [
    { on: 'server', commands: ['holdfast server stop', 'holdfast server run'], steps: ['Give other programs another directory: what is not of a run is counted as used.'] },
  ],
  check: 'holdfast doctor storage does not name them any more.',
  lines: [
    'WARNING 1 things on the holding disks belong to no dump and only take room. Restart the server, which tidies up after crashes; remove by hand what it leaves. [holding-leftover]',
  ],
})
