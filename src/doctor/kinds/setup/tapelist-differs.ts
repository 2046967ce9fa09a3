import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const tapelistDiffers: FaultKind = setupKind({
  code: 'tapelist-differs',
  severity: 'warning',
  symptom: 'Tapelist, labels of volumes and catalog do not name the same volumes',
  cause: 'Volumes were moved, copied or removed by hand, the tapelist was edited or restored, or a crash came between two of the three.',
  advice: 'Put volumes back that were moved; if they are gone for good, rebuild the catalog.',
  cures: [
    { on: 'server', commands: ['holdfast doctor storage', 'holdfast catalog rebuild'], steps: ['rebuild reads every volume and writes catalog and tapelist anew; marks of no-reuse are lost with it.'] },
  ],
  check: 'holdfast doctor storage does not name it any more.',
  lines: [
    'WARNING tapelist, labels and catalog differ in 2 places. Put back volumes that were moved; if they are gone for good, run `holdfast catalog rebuild`. [tapelist-differs]',
  ],
})
