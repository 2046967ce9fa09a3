// The taper of a server whose storage is a vault: there are no volumes. What waits on a holding disk from a time before stays there.

import type { Taper } from './contract.ts'

export function noTaper(): Taper {
  return {
    tape: () => Promise.resolve({ kind: 'skipped', reason: 'the storage is a vault, which has no volumes; a server whose storage is `vtape` writes what is held' }),
    forecast: () => Promise.resolve([]),
    endRun: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
