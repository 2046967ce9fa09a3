// Which volumes the next run of Amanda will write, as its report says it: volumes that need not be kept any more, the oldest first, and new ones until as many are
// kept as the policy wants.

import type { TapelistEntry } from '../../../wire/amanda/tapelist.ts'

export interface NextTapesFacts {
  /** In the order of the tapelist: newest first. */
  readonly tapelist: readonly TapelistEntry[]
  readonly pool: string
  readonly storage: string
  /** Volumes that the policy keeps. */
  readonly retentionTapes: number
  readonly runTapes: number
}

const NEVER_WRITTEN = '0'

function isOfPool({ pool, storage }: TapelistEntry, facts: Pick<NextTapesFacts, 'pool' | 'storage'>): boolean {
  return (pool === undefined || pool === facts.pool) && (storage === undefined || storage === facts.storage)
}

export interface NextTapes {
  readonly newCount: number
  /** Those to be written again. */
  readonly labels: readonly string[]
  /** New ones that have a label already. */
  readonly labelled: readonly string[]
}

export function nextTapesOf({ runTapes, retentionTapes, ...facts }: NextTapesFacts): NextTapes {
  const volumes = facts.tapelist.filter((entry) => isOfPool(entry, facts) && entry.isReusable)
  const written = volumes.filter(({ datestamp }) => datestamp !== NEVER_WRITTEN)
  const newCount = Math.min(runTapes, Math.max(0, retentionTapes - written.length))
  return {
    newCount,
    labels: written.toReversed().slice(0, Math.max(0, runTapes - newCount)).map(({ label }) => label),
    labelled: volumes.filter(({ datestamp }) => datestamp === NEVER_WRITTEN).toReversed().slice(0, Math.max(0, runTapes)).map(({ label }) => label),
  }
}

export function nextTapeLines({ newCount, labels, labelled }: NextTapes): string[] {
  const count = newCount + labels.length
  const fresh = newCount === 0 ? [] : [`${newCount} new ${newCount === 1 ? 'tape' : 'tapes'}`]
  const words = [...fresh, ...labels].join(', ')
  const next = count <= 1 ? `The next tape Amanda expects to use is: ${words}.` : `The next ${count} tapes Amanda expects to use are: ${words}.`
  const [first, ...more] = labelled
  return [...(count === 0 ? [] : [next]), ...(first === undefined ? [] : [more.length === 0 ? `The next new tape already labelled is: ${first}.` : `The next ${labelled.length} tape already labelled are: ${labelled.join(',')}.`])]
}
