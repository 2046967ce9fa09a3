// Disks whose sizes are guessed wrong again and again. Runs are planned by guesses: one far too low fills a holding disk, one far too
// high keeps other dumps waiting.

import { formatSize } from '../../../config/units.ts'
import { dumpsOf, wantedDisks, type ConfigCheck } from './facts.ts'

/** Newest dumps that must all be off: one is a day on which much was written. */
const DUMPS_OFF_MIN = 3
const FACTOR_OFF = 2
/** A difference that no plan notices. */
const BYTES_OFF_MIN = 64 * 1024 * 1024

export const estimatesOff: ConfigCheck = (facts) =>
  wantedDisks(facts).flatMap(({ host, disk }) => {
    const newest = dumpsOf(facts, { host, disk }).filter(({ status, estimatedBytes }) => status === 'complete' && estimatedBytes !== undefined).slice(0, DUMPS_OFF_MIN)
    const offs = newest.map(({ estimatedBytes = 0, storedBytes }) => (Math.abs(storedBytes - estimatedBytes) < BYTES_OFF_MIN ? 0 : storedBytes > FACTOR_OFF * estimatedBytes ? 1 : estimatedBytes > FACTOR_OFF * storedBytes ? -1 : 0))
    const [direction] = offs
    if (newest.length < DUMPS_OFF_MIN || direction === undefined || direction === 0 || offs.some((off) => off !== direction)) return []
    const details = newest.map((dump) => `${dump.run} level ${dump.level}: ${formatSize(dump.estimatedBytes ?? 0)} were expected, ${formatSize(dump.storedBytes)} were stored`)
    return [{ severity: 'note', code: 'estimate-off', host, disk, message: `its last ${newest.length} dumps were ${direction > 0 ? 'more than twice as large' : 'less than half as large'} as expected`, next: 'Let the client measure it (`estimate: client`); with `compress`, two more runs teach the ratio.', details }]
  })
