import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const configWarning: FaultKind = setupKind({
  code: 'config-warning',
  severity: 'warning',
  symptom: 'The configuration has something in it that is allowed and hardly meant',
  cause: 'Each is named with its file, line and column.',
  advice: 'Correct the line that is named.',
  cures: [
    { on: 'holdfast.yaml', commands: ['holdfast config check'], steps: ['It prints each place with what to do.'] },
  ],
  check: 'holdfast config check prints no warning.',
  lines: [
    'WARNING holdfast.yaml:9:5: all volumes are kept, so nothing can be written once they are full. Keep fewer volumes or add slots. [config-warning]',
  ],
})
