// When dumps that wait on the holding disk are written to volumes, and which of them first. As Amanda's flush-threshold-dumped,
// flush-threshold-scheduled, taperflush and taperalgo. A volume that is begun is filled without further ado; the rules are about beginning one. Pure.

import type { FlushConfig, TapeOrder } from '../../config/resolved.ts'

export type FlushRules = Omit<FlushConfig, 'earlier'>

export const FLUSH_AT_ONCE: FlushRules = { dumpedPercent: 0, scheduledPercent: 0, restPercent: 0, order: 'first' }

export interface FlushLoad {
  readonly heldBytes: number
  /** Of dumps that will come to be held. */
  readonly scheduledBytes: number
  /** No dump will come to be held any more. */
  readonly isDumpingOver: boolean
}

/** Whether it is time to begin a volume for what is held. */
export function isFlushDue({ heldBytes, scheduledBytes, isDumpingOver }: FlushLoad, rules: FlushRules, volumeBytes: number): boolean {
  const bytesOf = (percent: number): number => (percent === 0 ? 0 : (volumeBytes / 100) * percent)
  if (heldBytes > bytesOf(rules.dumpedPercent) && heldBytes + scheduledBytes > bytesOf(rules.scheduledPercent)) return true
  return isDumpingOver && heldBytes > bytesOf(rules.restPercent)
}

interface Waiting {
  readonly bytes: number
  readonly turn: number
}

/** The one that is written next. When none fits, the one that would be without regard to that: it goes on to the next volume. */
export function nextToTape<Held extends Waiting>(held: readonly Held[], order: TapeOrder, leftBytes: number): Held | undefined {
  const [by, fits] = ORDERS[order]
  const sorted = held.toSorted((one, other) => by(one, other) || one.turn - other.turn)
  return (fits ? sorted.find(({ bytes }) => bytes <= leftBytes) : undefined) ?? sorted[0]
}

type Comparison = (one: Waiting, other: Waiting) => number
const byTurn: Comparison = (one, other) => one.turn - other.turn
const bySize: Comparison = (one, other) => other.bytes - one.bytes

/** The order, and whether what fits goes before what does not. */
const ORDERS: Readonly<Record<TapeOrder, readonly [Comparison, boolean]>> = {
  first: [byTurn, false],
  firstfit: [byTurn, true],
  largest: [bySize, false],
  largestfit: [bySize, true],
  smallest: [(one, other) => one.bytes - other.bytes, false],
  last: [(one, other) => other.turn - one.turn, false],
}
