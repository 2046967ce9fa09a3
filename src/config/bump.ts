// When levels are raised: `bump` of the configuration, of a dumptype or of a disk.

import type { BumpConfig } from './resolved.ts'
import type { ServerInput } from './schema.ts'

/** What `given` leaves out is as in `otherwise`. */
export function bumpOf(given: NonNullable<ServerInput['bump']>, otherwise: BumpConfig): BumpConfig {
  return { bytes: given.size ?? otherwise.bytes, percent: given.percent ?? otherwise.percent, multiplier: given.multiplier ?? otherwise.multiplier, days: given.days ?? otherwise.days }
}
