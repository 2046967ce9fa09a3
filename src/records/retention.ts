// Why volumes are kept from being written again, by the tapelist and the policies of their storages, in the words of stock Amanda.

import type { TapelistEntry } from '../wire/amanda/tapelist.ts'
import { isOwned, type VolumeOwner } from './next-volumes.ts'
import { timestampSeconds } from './timestamp.ts'

export interface RetentionFacts {
  readonly storages: readonly (VolumeOwner & { readonly tapes: number; readonly days: number })[]
  readonly nowS: number
}

const DAY_S = 86_400

/** Label → reason, for the volumes that are kept. */
export function retentionOf(tapelist: readonly TapelistEntry[], { storages, nowS }: RetentionFacts): Map<string, string> {
  const reasons = new Map<string, string>()
  for (const { label, isReusable } of tapelist) if (!isReusable) reasons.set(label, 'no-reuse')
  for (const storage of storages) {
    const own = tapelist.filter((entry) => entry.isReusable && entry.datestamp !== '0' && isOwned(entry, storage))
    for (const { label } of own.slice(0, storage.tapes)) reasons.set(label, 'retention-tapes')
    if (storage.days > 0) for (const { label, datestamp } of own) if (!reasons.has(label) && timestampSeconds(datestamp) > nowS - storage.days * DAY_S) reasons.set(label, 'retention-days')
  }
  return reasons
}
