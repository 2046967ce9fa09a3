// How many slots a directory of chg-disk has: `slot1`, `slot2`, … without a gap.

import { statSync } from 'node:fs'

const SLOTS_MAX = 100_000

/** Undefined when there is none that can be seen. */
export function slotCountOf(directory: string): number | undefined {
  let count = 0
  while (count < SLOTS_MAX && statSync(`${directory}/slot${count + 1}`, { throwIfNoEntry: false })?.isDirectory() === true) count++
  return count === 0 ? undefined : count
}
