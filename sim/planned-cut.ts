// The schedules of an enumerating world: a power cut at each change of a disk, keeping none, any or the first of what was not synced.

import type { Survival } from './disk-image.ts'

const SURVIVALS: readonly Survival[] = ['none', 'any', 'first']
/** A prime, so that a world which is given little time sees cuts from everywhere and not only early ones. */
const STRIDE = 7919

export interface PlannedCut {
  /** Counts from 1. */
  readonly atChange: number
  readonly survival: Survival
}

export function scheduleCount(changes: number): number {
  return changes * SURVIVALS.length
}

/** Schedule number `seed`; the first `scheduleCount(changes)` of them are all different. */
export function plannedCut(seed: number, changes: number): PlannedCut {
  const total = scheduleCount(changes)
  const index = total % STRIDE === 0 ? seed % total : (seed * STRIDE) % total
  return { atChange: 1 + (index % changes), survival: SURVIVALS[Math.floor(index / changes)] ?? 'none' }
}
