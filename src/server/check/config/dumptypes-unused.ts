// Dumptypes that no disk uses: left over, or a disk was meant to use one and does not.

import type { ConfigCheck } from './facts.ts'

export const dumptypesUnused: ConfigCheck = ({ config }) =>
  config.unusedDumptypes.map((name) => ({ severity: 'note', code: 'dumptype-unused', message: `no disk uses the dumptype ${name}`, next: 'Remove it, or name it at the disks that were meant to use it.' }))
