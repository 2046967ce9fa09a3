import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const slotsFew: FaultKind = setupKind({
  code: 'slots-few',
  severity: 'warning',
  symptom: 'There are fewer slots than what must be kept takes',
  cause: 'Each run begins a new volume, and volumes are kept for as long as keep says. When every volume is needed, a run finds none: its dumps stay on the holding disk until that is full, and then fail.',
  advice: 'Add slots, keep less, or make runs rarer.',
  cures: [
    { on: 'holdfast.yaml', commands: ['holdfast config show'], steps: ['Raise storage.slots above the number that is named (new slots are made at the next start), or lower storage.keep.'] },
  ],
  check: 'holdfast check says which volumes the next run writes, and does not name it any more.',
  lines: [
    'WARNING what is kept (14 d) takes about 15 volumes with the one to write next, and the storage has 10 slots: runs will find no volume. Add slots, keep less, or make runs rarer. [slots-few]',
  ],
})
