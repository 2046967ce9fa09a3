// Why volumes are kept from being written again, by the tapelist and the policies of their storages, in the words of stock Amanda.

import type { TapelistEntry } from '../wire/amanda/tapelist.ts'
import { timestampSeconds } from './timestamp.ts'

export interface RetentionFacts {
  readonly config: string
  /** By the name of the storage. */
  readonly policies: ReadonlyMap<string, { readonly pool: string; readonly tapes: number; readonly days: number }>
  readonly nowS: number
}

const DAY_S = 86_400

/** Label → reason, for the volumes that are kept. */
export function retentionOf(tapelist: readonly TapelistEntry[], { config, policies, nowS }: RetentionFacts): Map<string, string> {
  const reasons = new Map<string, string>()
  for (const { label, isReusable } of tapelist) if (!isReusable) reasons.set(label, 'no-reuse')
  for (const [storage, { pool, tapes, days }] of policies) {
    const own = tapelist.filter((entry) => entry.isReusable && entry.datestamp !== '0' && entry.storage === storage && entry.pool === pool && (entry.config === undefined || entry.config === config))
    for (const { label } of own.slice(0, tapes)) reasons.set(label, 'retention-tapes')
    if (days > 0) for (const { label, datestamp } of own) if (!reasons.has(label) && timestampSeconds(datestamp) > nowS - days * DAY_S) reasons.set(label, 'retention-days')
  }
  return reasons
}
