import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const keyOld: FaultKind = setupKind({
  code: 'key-old',
  severity: 'notice',
  symptom: 'The key of an agent is old',
  cause: 'Keys of agents do not end by themselves. The longer one lies on a disk, the more copies of it there may be: in backups, images, on disks that were replaced.',
  advice: 'Renew it; that takes one command and no visit to the host.',
  cures: [
    { on: 'server', commands: ['holdfast agents renew HOST'], steps: ['The agent makes a new key at its next connection; the old one is let in until then and no longer.'] },
  ],
  check: 'holdfast agents list shows a new fingerprint.',
  lines: [
    'note    laptop: its key is 800 d old. Run `holdfast agents renew laptop`. [key-old]',
  ],
})
