import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const dumpUnverified: FaultKind = setupKind({
  code: 'dump-unverified',
  severity: 'warning',
  symptom: 'No full dump of a disk was read back lately',
  cause: 'A dump that nobody has read is one that nobody knows to be good: disks lose data silently. verify-within says how long a disk may go without.',
  advice: 'Read the dump back and check every byte.',
  cures: [
    { on: 'server', commands: ['holdfast verify HOST DISK'], steps: ['Every week by cron, as the user of the server, is a good habit; --native checks down to the archive.'] },
  ],
  check: 'holdfast doctor config does not name the disk any more.',
  lines: [
    'WARNING laptop /home: no full dump of it was ever read back; the newest is of run 20261101010000. Run `holdfast verify laptop /home`. [dump-unverified]',
  ],
})
