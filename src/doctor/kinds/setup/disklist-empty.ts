import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const disklistEmpty: FaultKind = setupKind({
  code: 'disklist-empty',
  severity: 'warning',
  symptom: 'No disk is to be dumped',
  cause: 'hosts in holdfast.yaml is empty, or every disk has the strategy skip.',
  advice: 'Add hosts and their disks to the configuration.',
  cures: [
    { on: 'holdfast.yaml', commands: ['holdfast config check'], steps: ['hosts: {laptop: [/home, /etc]}'] },
  ],
  check: 'holdfast config check counts the disks.',
  lines: [
    'WARNING no disk of the configuration is to be dumped. Add disks to the configuration. [disklist-empty]',
  ],
})
