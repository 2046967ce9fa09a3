import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const volumeIdle: FaultKind = setupKind({
  code: 'volume-idle',
  severity: 'notice',
  symptom: 'Volumes were not written for more than a year',
  cause: 'The rotation never reaches them: there are more slots than runs need. Nobody knows whether they can still be read.',
  advice: 'Check that they can be read, or take them out of the storage.',
  cures: [
    { on: 'server', commands: ['holdfast verify'], steps: ['Fewer slots, or longer retention, puts what is there to use.'] },
  ],
  check: 'holdfast doctor storage does not name them any more.',
  lines: [
    'note    2 volumes were not written for more than 365 d. [volume-idle]',
  ],
})
