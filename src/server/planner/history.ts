// What the past of a disk says: the chain of dumps a restore needs now, the base of a level, the current level, how far filters shrink it. Pure.

import type { DumpRecord, RunId } from '../../catalog/contract.ts'

/** The dumps that a restore of the newest state needs, newest first, down to the full one. `history` is newest first. */
export function restoreChain(history: readonly DumpRecord[]): DumpRecord[] {
  const chain: DumpRecord[] = []
  for (const dump of history) {
    const last = chain.at(-1)
    if (last !== undefined && dump.level >= last.level) continue
    chain.push(dump)
    if (dump.level === 0) return chain
  }
  return chain
}

/** The dump that a new one of `level` builds on; undefined when there is none, or no full one below it. */
export function baseOf(history: readonly DumpRecord[], level: number): DumpRecord | undefined {
  const chain = restoreChain(history)
  if (chain.at(-1)?.level !== 0) return undefined
  return chain.find((dump) => dump.level < level)
}

/** Level of the newest dump and how many runs in a row were at it. */
export function currentLevel(history: readonly DumpRecord[]): { readonly level: number; readonly runs: number } | undefined {
  const level = history[0]?.level
  if (level === undefined) return undefined
  const runs = new Set<RunId>()
  for (const dump of history) {
    if (dump.level !== level) break
    runs.add(dump.run)
  }
  return { level, runs: runs.size }
}

/** Dumps that the ratio is made from. */
const SAMPLES_MAX = 3

/** Bytes that are stored for one byte of the application, by the newest dumps; 1 without any. Filters add a little at worst. */
export function storedRatio(history: readonly DumpRecord[]): number {
  const samples = history.filter((dump) => dump.nativeBytes > 0).slice(0, SAMPLES_MAX)
  const native = samples.reduce((sum, dump) => sum + dump.nativeBytes, 0)
  const stored = samples.reduce((sum, dump) => sum + dump.storedBytes, 0)
  return native === 0 ? 1 : Math.min(1.1, stored / native)
}
