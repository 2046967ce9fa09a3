import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const keepUnderCycle: FaultKind = setupKind({
  code: 'keep-under-cycle',
  severity: 'warning',
  symptom: 'Volumes are kept for less time than a dump cycle',
  cause: 'With one full kept and fewer days than a cycle, a new full frees everything before it: what was deleted or damaged before that night cannot be restored any more, and if the new full is bad there is no other.',
  advice: 'Keep two fulls, or as many days as two cycles.',
  cures: [
    { on: 'holdfast.yaml', steps: ['storage: {keep: {fulls: 2, days: 14}}. See that there are slots enough: holdfast doctor config says how many it takes.'] },
  ],
  check: 'holdfast doctor config does not name it any more.',
  lines: [
    'WARNING volumes are kept for 3 d and one full of each disk, and the dump cycle is 7 d: once a new full is made, all that is older may be written over. Set `keep: {days: 14}` or `keep: {fulls: 2}` of the storage. [keep-under-cycle]',
  ],
})
