import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const nodeOld: FaultKind = setupKind({
  code: 'node-old',
  severity: 'warning',
  symptom: 'Holdfast runs with a Node that is too old for it',
  cause: 'holdfast normally finds the Node it brings along. Started by another one, parts that it needs (the database above all) may be missing.',
  advice: 'Start Holdfast by its own command, or install a newer Node.',
  cures: [
    { on: 'the machine that is named', commands: ['holdfast version'], steps: ['Call bin/holdfast.cjs of the package, not a file below dist/ with a Node of your own.'] },
  ],
  check: 'holdfast version names Node 24 or later.',
  lines: [
    'ERROR   Node v20.1.0 is older than 24. Start Holdfast by its own `holdfast`, which finds the Node it brings along, or install a newer one. [node-old]',
  ],
})
