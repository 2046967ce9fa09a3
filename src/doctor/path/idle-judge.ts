// From what became of single connections to a limit. A connection says at most this much: at the age at which it spoke, packets of one end
// passed or did not. Packets that are lost make a connection look younger to a firewall than it is (what is sent again refreshes it), so one that
// lives above the limit is nothing strange; one that is dead below it is. So several that agree decide, and one never does.

import type { IdleLimit, PathEnd } from '../../wire/probe/path-facts.ts'

/** What became of one silent connection. */
export interface Sample {
  readonly ageMs: number
  readonly speaker: PathEnd
  readonly isAlive: boolean
  /** The other end got what was said. */
  readonly isHeard: boolean
  readonly isUnprompted: boolean
  readonly how: 'reset' | 'silence' | 'closed'
  readonly toldTo: readonly PathEnd[]
}

interface WaySample {
  readonly ageMs: number
  readonly isAlive: boolean
  readonly sample: Sample
}

interface Boundary {
  readonly lastAliveMs: number
  readonly firstDeadMs: number
  readonly dead: readonly Sample[]
}

/** So many dead ones make a limit: one can be an accident, and two can be one. */
const DEAD_MIN = 3
/** For each one that lives above it, so many must be dead. */
const DEAD_PER_ALIVE = 4
/** So many that live well beyond the limit of one end show that the other end has none there. */
const ALIVE_MIN = 2
const BEYOND_RATIO = 1.1
const BEYOND_MS = 500
/** Two limits within this are one. */
const SAME_RATIO = 1.25
const SAME_MS = 1500

function otherEnd(end: PathEnd): PathEnd {
  return end === 'dialler' ? 'acceptor' : 'dialler'
}

/** What the samples say of packets from `end`. */
function samplesOf(end: PathEnd, samples: readonly Sample[]): WaySample[] {
  return samples.flatMap((sample): WaySample[] => {
    const { ageMs, speaker, isAlive, isHeard, isUnprompted } = sample
    if (isUnprompted) return [{ ageMs, isAlive: false, sample }]
    // What the speaker sent has woken the connection, so an answer that came says nothing; one that was lost does.
    if (speaker !== end) return !isAlive && isHeard ? [{ ageMs, isAlive: false, sample }] : []
    return [{ ageMs, isAlive: isAlive || isHeard, sample }]
  })
}

function findBoundary(samples: readonly WaySample[]): Boundary | undefined {
  const sorted = samples.toSorted((a, b) => a.ageMs - b.ageMs)
  for (const [index, first] of sorted.entries()) {
    if (first.isAlive) continue
    const after = sorted.slice(index)
    const dead = after.filter(({ isAlive }) => !isAlive).map(({ sample }) => sample)
    if (dead.length < DEAD_MIN || (after.length - dead.length) * DEAD_PER_ALIVE > dead.length) continue
    return { lastAliveMs: longestAlive(sorted.slice(0, index)), firstDeadMs: first.ageMs, dead }
  }
  return undefined
}

function longestAlive(samples: readonly WaySample[]): number {
  return Math.max(0, ...samples.filter(({ isAlive }) => isAlive).map(({ ageMs }) => ageMs))
}

function limitOf(boundary: Boundary, losesFrom: IdleLimit['losesFrom']): IdleLimit {
  const { lastAliveMs, firstDeadMs, dead } = boundary
  const most = (how: Sample['how']): boolean => dead.filter((sample) => sample.how === how).length * 2 > dead.length
  const toldTo = (['dialler', 'acceptor'] as const).filter((end) => dead.some((sample) => sample.toldTo.includes(end)))
  return { lastAliveMs, firstDeadMs, losesFrom, how: most('closed') ? 'closed' : most('silence') ? 'silence' : 'reset', toldTo, isUnprompted: dead.filter(({ isUnprompted }) => isUnprompted).length * 2 > dead.length, deadCount: dead.length }
}

export type Judgement =
  | { readonly kind: 'limit'; readonly limit: IdleLimit }
  /** Packets of one end are lost. Whether those of the other pass is known when `speaker` speaks at that age. */
  | { readonly kind: 'half'; readonly limit: IdleLimit; readonly speaker: PathEnd; readonly ageMs: number }
  | { readonly kind: 'none' }

const NONE: Judgement = { kind: 'none' }

/** What the samples show so far. `speakers`: the ends that can speak. */
export function judgeSamples(samples: readonly Sample[], speakers: readonly PathEnd[]): Judgement {
  const ways = { dialler: samplesOf('dialler', samples), acceptor: samplesOf('acceptor', samples) }
  const boundaries = { dialler: findBoundary(ways.dialler), acceptor: findBoundary(ways.acceptor) }
  if (speakers.length === 1) {
    const only = boundaries[speakers[0] ?? 'dialler']
    return only === undefined ? NONE : { kind: 'limit', limit: limitOf(only, 'unknown') }
  }
  const first = (['dialler', 'acceptor'] as const).filter((end) => boundaries[end] !== undefined).toSorted((a, b) => (boundaries[a]?.firstDeadMs ?? 0) - (boundaries[b]?.firstDeadMs ?? 0))
  const [end, second] = first
  const smaller = end === undefined ? undefined : boundaries[end]
  if (end === undefined || smaller === undefined) return NONE
  const larger = second === undefined ? undefined : boundaries[second]
  if (larger !== undefined && larger.firstDeadMs <= smaller.firstDeadMs * SAME_RATIO + SAME_MS) {
    const alive = [...ways.dialler, ...ways.acceptor].filter(({ ageMs }) => ageMs < smaller.firstDeadMs)
    return { kind: 'limit', limit: limitOf({ lastAliveMs: longestAlive(alive), firstDeadMs: smaller.firstDeadMs, dead: [...new Set([...smaller.dead, ...larger.dead])] }, 'both') }
  }
  const beyondMs = smaller.firstDeadMs * BEYOND_RATIO + BEYOND_MS
  const other = otherEnd(end)
  const passing = ways[other].filter(({ ageMs, isAlive }) => isAlive && ageMs >= beyondMs)
  if (passing.length >= ALIVE_MIN) return { kind: 'limit', limit: limitOf(smaller, end) }
  return { kind: 'half', limit: limitOf(smaller, 'unknown'), speaker: other, ageMs: beyondMs }
}

/** The longest silence after which packets of either end passed. */
export function longestSurvived(samples: readonly Sample[]): number {
  return Math.max(0, ...samples.filter(({ isAlive, isHeard }) => isAlive || isHeard).map(({ ageMs }) => ageMs))
}
