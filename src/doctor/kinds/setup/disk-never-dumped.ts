import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const diskNeverDumped: FaultKind = setupKind({
  code: 'disk-never-dumped',
  severity: 'failure',
  symptom: 'A disk of the configuration has never been backed up',
  cause: 'No run has a complete dump of it: it was added after the last run, every try failed, or its agent was never connected.',
  advice: 'Dump it now and see what the run says.',
  cures: [
    { on: 'server', commands: ['holdfast dump HOST DISK', 'holdfast report', 'holdfast check HOST'], steps: ['If it needs no backup, take it out of the configuration or give it strategy: skip.'] },
  ],
  check: 'holdfast ls HOST lists a dump of it.',
  lines: [
    'ERROR   laptop /srv: it has never been dumped: no run of the catalog has tried. Run `holdfast dump laptop /srv` and see what it says. [disk-never-dumped]',
  ],
})
