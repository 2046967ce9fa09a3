// What the driver of a backup world goes by: half of the seeds leave all at its defaults, the others draw dump order, interface, reserve, the
// rules of flushing and holding disks that are hardly larger than the dumps. Drawn apart from everything else of the seed.

import type { DiskListEntry, FlushConfig, HoldingDiskConfig, InterfaceConfig, LimitsConfig } from '../../src/config/resolved.ts'
import { seededRandom } from '../../src/kernel/random.ts'

const KIB = 1024
const ROOMY_BYTES = 1 << 29
const ORDERS: readonly FlushConfig['order'][] = ['first', 'firstfit', 'largest', 'largestfit', 'smallest', 'last']
const EARLIER: readonly FlushConfig['earlier'][] = ['all', 'selected']

export interface DriverRules {
  readonly limits: Pick<LimitsConfig, 'dumpOrder' | 'reservePercent'>
  readonly interfaces: readonly InterfaceConfig[]
  readonly flush: FlushConfig | undefined
  readonly holdingBytes: HoldingDiskConfig['useBytes']
  readonly entry: Pick<DiskListEntry, 'interface' | 'spindle'>
}

/** Large odd numbers keep the draws apart from those of the scheduler, which has the seed itself. */
export function drawRules(seed: number): DriverRules {
  const random = seededRandom((seed * 2_654_435_761 + 97) % 4_294_967_291)
  if (random.int(2) === 0) return { limits: {}, interfaces: [], flush: undefined, holdingBytes: ROOMY_BYTES, entry: { spindle: -1 } }
  const pick = <T>(items: readonly T[]): T => items[random.int(items.length)] as T
  const percents = [0, 20, 60]
  return {
    limits: { dumpOrder: pick(['', 'sS', 'TtT', 'Bb', 'SSSS']), reservePercent: pick([0, 50, 100]) },
    interfaces: [{ name: 'line', useKib: 1 + random.int(3000) }],
    flush: { dumpedPercent: pick(percents), scheduledPercent: pick(percents), restPercent: random.int(3) === 0 ? 50 : 0, order: pick(ORDERS), earlier: pick(EARLIER) },
    // Each has room for two dumps and a half.
    holdingBytes: pick([ROOMY_BYTES, 500 * KIB]),
    entry: { spindle: random.int(3) === 0 ? 1 : -1, ...(random.int(2) === 0 ? { interface: 'line' } : {}) },
  }
}
