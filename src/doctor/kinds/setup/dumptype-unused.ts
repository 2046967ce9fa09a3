import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const dumptypeUnused: FaultKind = setupKind({
  code: 'dumptype-unused',
  severity: 'notice',
  symptom: 'A dumptype of the configuration is used by no disk',
  cause: 'It is left over, or a disk was meant to use it and names another one, such as a dumptype with compression.',
  advice: 'Remove it, or name it at the disks that were meant to use it.',
  cures: [
    { on: 'holdfast.yaml', commands: ['holdfast config show'], steps: ['config show tells which dumptype and settings each disk has.'] },
  ],
  check: 'holdfast doctor config does not name it any more.',
  lines: [
    'note    no disk uses the dumptype database. Remove it, or name it at the disks that were meant to use it. [dumptype-unused]',
  ],
})
