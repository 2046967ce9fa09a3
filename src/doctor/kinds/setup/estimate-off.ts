import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const estimateOff: FaultKind = setupKind({
  code: 'estimate-off',
  severity: 'notice',
  symptom: 'The size of a disk is guessed wrong in run after run',
  cause: 'With estimate: server the guess is made from runs before, which change; with compression it is scaled by the ratio of the last dumps. Guesses far too low fill the holding disk, far too high ones keep others waiting.',
  confidence: 'likely',
  advice: 'Let the client measure it.',
  cures: [
    { on: 'holdfast.yaml', steps: ['estimate: client at the disk or in its dumptype.'] },
  ],
  check: 'holdfast doctor config does not name it after three more runs.',
  lines: [
    'note    laptop /home: its last 3 dumps were more than twice as large as expected. Let the client measure it (`estimate: client`); with `compress`, two more runs teach the ratio. [estimate-off]',
  ],
})
