import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const spaceLow: FaultKind = setupKind({
  code: 'space-low',
  severity: 'warning',
  symptom: 'A directory that Holdfast writes to has little space left',
  cause: 'The file system is nearly full: with other data, old logs, or because a holding disk or volumes on it grew. When it is full the catalog, indexes, snapshots or dumps cannot be written, and dumps fail.',
  advice: 'Free space on the file system that is named, or give Holdfast another one.',
  cures: [
    { on: 'the machine that is named', commands: ['df -h DIRECTORY', 'du -xh --max-depth=2 DIRECTORY | sort -h | tail -20'], steps: ['Remove what is not needed, or move the directory to a larger file system (directories, holding and storage in holdfast.yaml; state-dir in agent.yaml).'] },
  ],
  check: 'holdfast doctor host, or holdfast doctor host HOST, does not name the directory any more.',
  lines: [
    'ERROR   /var/lib/holdfast has 120 MiB free and should have 256 MiB for the catalog and indexes. Free space on the file system of /var/lib/holdfast, or give Holdfast another one. [space-low]',
  ],
})
