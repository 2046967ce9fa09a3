// Disks whose full dump is larger than all holding disks together: it goes straight to a volume, or not at all.

import { formatSize } from '../../../config/units.ts'
import { fullsOf, wantedDisks, type ConfigCheck } from './facts.ts'

export const holdingSmall: ConfigCheck = (facts) =>
  wantedDisks(facts).flatMap((entry) => {
    const { host, disk, holding } = entry
    const full = fullsOf(facts, entry)[0]
    if (holding === 'never' || full === undefined || full.storedBytes <= facts.holdingBytes) return []
    return [{
      severity: holding === 'required' ? 'error' : 'warning', code: 'holding-small', host, disk,
      message: `its full dump takes ${formatSize(full.storedBytes)} and the holding disks may take ${formatSize(facts.holdingBytes)}${holding === 'required' ? ', which it must go through' : ', so it goes straight to a volume, as slow as its host'}`,
      next: 'Raise `use` of a holding disk, add one, or split the disk in the configuration.',
    }]
  })
