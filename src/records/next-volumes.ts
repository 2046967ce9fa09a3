// Which volumes of a storage are written next, by the tapelist alone: the oldest that may be written again, once there are as many as the policy keeps and one more.

import type { TapelistEntry } from '../wire/amanda/tapelist.ts'

/** What tells the volumes of a storage from others. */
export interface VolumeOwner {
  readonly storage: string
  readonly pool: string
  readonly config: string
  /** Labels that the storage takes; undefined: all. */
  readonly labels: RegExp | undefined
}

export interface StorageFacts extends VolumeOwner {
  /** Volumes that its policy keeps. */
  readonly retainedTapes: number
  /** Volumes that are asked for. */
  readonly count: number
}

export interface NextVolumes {
  /** In the order in which they are written; undefined is a new volume. */
  readonly labels: readonly (string | undefined)[]
  /** Volumes that have a label and were never written. */
  readonly labelled: readonly string[]
}

/** An entry that does not say whose it is belongs to whoever takes its label. */
export function isOwned(entry: TapelistEntry, { storage, pool, config, labels }: VolumeOwner): boolean {
  if (entry.config !== undefined && entry.config !== config) return false
  if (entry.storage !== undefined && entry.storage !== storage) return false
  return entry.pool === undefined ? labels === undefined || labels.test(entry.label) : entry.pool === pool
}

export function nextVolumes(tapelist: readonly TapelistEntry[], facts: StorageFacts): NextVolumes {
  const own = tapelist.filter((entry) => entry.isReusable && isOwned(entry, facts)).toReversed()
  const written = own.filter(({ datestamp }) => datestamp !== '0')
  const missing = Math.max(0, facts.retainedTapes + 1 - written.length)
  return { labels: Array.from({ length: facts.count }, (_, index) => written[index - missing]?.label), labelled: own.filter(({ datestamp }) => datestamp === '0').map(({ label }) => label) }
}
