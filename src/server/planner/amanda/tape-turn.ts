// When a volume is overwritten, by its place in the tapelist.

import type { TapeFacts } from './facts.ts'

/** An overwriting that is not farther away than so many runs is warned of. */
export const RUNS_REDZONE = 5
/** A volume that is never written again. */
const NEVER_RUNS = 1024

/** Runs until the volume is written again; 1 for one that the tapelist does not know. */
export function runsUntilOverwritten(label: string, { tapelist, retainedTapes }: TapeFacts, runTapes: number): number {
  const index = tapelist.findIndex((entry) => entry.label === label)
  const tape = tapelist[index]
  if (tape === undefined) return 1
  if (!tape.isReusable) return NEVER_RUNS
  return Math.trunc((Math.max(tapelist.length, retainedTapes + 1) - (index + 1)) / Math.max(1, runTapes))
}
