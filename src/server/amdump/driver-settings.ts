// What an Amanda configuration says to the driver, where the model of a run has places for it. Dumps of earlier runs are chosen before the driver sees them. Pure.

import type { ResolvedConfig, TapeOrder } from '../../config/resolved.ts'
import type { RunSettings } from './cycle-facts.ts'

const TAPE_ORDERS: readonly TapeOrder[] = ['first', 'firstfit', 'largest', 'largestfit', 'smallest', 'last']
/** The interface of a disk that names none. */
const DEFAULT_INTERFACE = 'default'

export function withDriverSettings(config: ResolvedConfig, settings: RunSettings): ResolvedConfig {
  const { dumpOrder, reservePercent, taperAlgo, flush, bandwidthKib } = settings
  const { storage, interfaces = [] } = config
  const order = TAPE_ORDERS.find((one) => one === taperAlgo.toLowerCase()) ?? 'first'
  return {
    ...config,
    disklist: config.disklist.map((entry) => ({ ...entry, interface: entry.interface ?? DEFAULT_INTERFACE })),
    interfaces: interfaces.some(({ name }) => name === DEFAULT_INTERFACE) ? interfaces : [...interfaces, { name: DEFAULT_INTERFACE, useKib: bandwidthKib }],
    limits: { ...config.limits, reservePercent, ...(/^[sStTbB]+$/.test(dumpOrder) ? { dumpOrder } : {}) },
    storage: storage.kind === 'vtape' ? { ...storage, flush: { dumpedPercent: flush.dumped, scheduledPercent: flush.scheduled, restPercent: flush.rest, order, earlier: 'all' } } : storage,
  }
}
