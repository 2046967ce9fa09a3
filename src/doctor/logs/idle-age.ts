// What the silences of lost connections mean: how long, whether it is always the same age, and with that how sure the cause is and which numbers
// a cure needs. Connections of several dumps that are lost at one moment, whatever their age, were not lost for being idle. Pure.

import type { Confidence, Measured } from '../contract.ts'
import type { LostConnection } from './lost-connection.ts'

/** Ages that differ by less are the same: a timer's second, and the moment until a program says so. */
const SAME_AGE_S = 2
/** … and by this part of them: timers of hours are not exact to the second. */
const SAME_AGE_PART = 0.02
/** Connections that are lost at one moment say so with their next packet: data at once, a silent one with its next probe. */
const AT_ONCE_S = 15
/** As `AT_ONCE_S`, where only the age of the whole dump is known: two dumps may end one after the other by chance. */
const AT_ONCE_VAGUE_S = 3
/** Dumps that began within this time were lost at one moment because they are of one age. */
const SAME_BEGIN_S = 4
/** Between unanswered or answered keepalive probes, unless told otherwise: Linux, FreeBSD, macOS. */
const DEFAULT_INTERVAL_S = 75
/** To the first probe, unless told otherwise: every system. */
const DEFAULT_KEEPALIVE_S = 7200
/** Times to the first probe that operators choose, if it is less than the interval. */
const CHOSEN_KEEPALIVES_S = [5, 10, 20, 30, 35, 40, 50, 60]

/** Different ages that are written out. */
const AGES_SHOWN_MAX = 8

const STREAM_WORDS: Readonly<Record<LostConnection['stream'], string>> = {
  data: 'The data connection',
  mesg: 'The connection for messages (mesg)',
  index: 'The index connection',
  state: 'The connection for states',
  all: 'The connection, which carries all streams of the dump,',
  request: 'The connection of the request',
}

function isSameAge(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(SAME_AGE_S, Math.max(a, b) * SAME_AGE_PART)
}

/** The same loss stands in several logs: those that know it best speak for all. Exact before not, the side that waited before the other, debug files before the driver's log. */
export function clearest(lost: readonly LostConnection[]): readonly LostConnection[] {
  const rank = ({ isExact, side, clock, how }: LostConnection): number => (how === 'data timeout' ? 8 : 0) + (isExact ? 0 : 4) + (side === 'server' ? 0 : 2) + (clock.startsWith('file ') ? 1 : 0)
  const best = Math.min(...lost.map(rank))
  return lost.filter((one) => rank(one) === best)
}

/** What the logs measured, in sentences. */
export function describeLost(lost: readonly LostConnection[]): string[] {
  const best = clearest(lost)
  const ages = best.map(({ silentS }) => silentS).toSorted((a, b) => a - b)
  const [one] = best
  const [first] = ages
  const last = ages.at(-1)
  if (one === undefined || first === undefined || last === undefined) return []
  const about = one.isExact ? '' : 'at most '
  const what = new Set(best.map(({ stream }) => stream)).size === 1 ? STREAM_WORDS[one.stream] : 'The connection'
  if (one.how === 'closed') return [`The client noticed it ${first.toFixed(1)} s after the dump began there: no connection can have been silent for longer.`]
  if (one.how === 'data timeout') return [`The dump was given up ${last.toFixed(1)} s after its connections were opened; how long each had been silent, these logs do not say.`]
  const probed = one.how === 'timed out' ? ' The time in which probes were not answered is in it.' : ''
  const hours = isSameAge(last, DEFAULT_KEEPALIVE_S) ? ' That is when the first keepalive probe is sent unless told otherwise: the limit that it met may be far shorter.' : ''
  if (best.length === 1) return [`${what} had been silent for ${about}${first.toFixed(1)} s when it was lost.${probed}${hours}`]
  if (isSameAge(first, last)) return [`${best.length} times, and always after ${about}${first.toFixed(1)} to ${last.toFixed(1)} s of silence: something in between forgets connections at that age or sooner.${probed}${hours}`]
  const more = ages.length > AGES_SHOWN_MAX ? ` and more, up to ${last.toFixed(1)},` : ''
  return [`Lost after ${about}${ages.slice(0, AGES_SHOWN_MAX).map((seconds) => seconds.toFixed(1)).join(', ')}${more} s of silence.${probed}`]
}

/** What a cure can be computed from: the shortest silence that was too long. */
export function measuredOf(lost: readonly LostConnection[]): Measured | undefined {
  const best = clearest(lost)
  return best.length === 0 ? undefined : { silentS: Math.min(...best.map(({ silentS }) => silentS)) }
}

/** How sure it makes the cause; undefined: no more than the words of the lines do. */
export function confidenceOf(lost: readonly LostConnection[]): Confidence | undefined {
  const cut = lost.filter(({ how }) => how !== 'data timeout')
  const best = clearest(cut)
  const [one] = best
  if (one === undefined) return lost.length > 0 ? 'possible' : undefined
  const areSeveral = best.length > 1 && best.every(({ silentS }) => isSameAge(silentS, one.silentS))
  // Each side measured the same silence by its own clock.
  const areBoth = cut.some(({ side, silentS, isExact }) => side !== one.side && isExact && isSameAge(silentS, one.silentS))
  if (one.isExact && (areSeveral || areBoth)) return 'certain'
  const isOwnReset = one.how === 'reset' && one.stream !== 'all'
  return one.isExact || areSeveral || isOwnReset ? 'likely' : 'possible'
}

/** The time to the first probe that somebody set, when each loss is the second one: the first was answered, and the next came after the default interval. */
export function halfCuredKeepaliveS(lost: readonly LostConnection[]): number | undefined {
  const best = clearest(lost)
  const chosen = best.map(({ how, isExact, silentS }) => (how === 'reset' && isExact ? CHOSEN_KEEPALIVES_S.find((seconds) => Math.abs(silentS - DEFAULT_INTERVAL_S - seconds) < SAME_AGE_S) : undefined))
  return chosen.every((seconds) => seconds === chosen[0]) ? chosen[0] : undefined
}

/** Those that were lost at one moment with others that had begun at other times. */
export function lostAtOnce(lost: readonly LostConnection[]): ReadonlySet<LostConnection> {
  const byClock = Map.groupBy(lost, ({ clock }) => clock)
  const found = new Set<LostConnection>()
  for (const group of byClock.values()) {
    const sorted = group.toSorted((a, b) => a.lostS - b.lostS)
    for (const [index, one] of sorted.entries()) {
      for (const next of sorted.slice(index + 1)) {
        const apart = next.lostS - one.lostS
        if (apart > AT_ONCE_S) break
        const begunApart = Math.abs(next.lostS - next.silentS - (one.lostS - one.silentS))
        const isAtOnce = apart <= (one.isExact && next.isExact ? begunApart / 2 : AT_ONCE_VAGUE_S)
        if (isAtOnce && begunApart >= SAME_BEGIN_S && !isSameAge(one.silentS, next.silentS)) found.add(one).add(next)
      }
    }
  }
  return found
}

/** What the logs measured of those, in sentences. */
export function describeAtOnce(lost: readonly LostConnection[]): string[] {
  const [clock] = [...Map.groupBy(lostAtOnce(lost), (one) => one.clock).values()].toSorted((a, b) => b.length - a.length)
  if (clock === undefined) return []
  const ages = clock.map(({ silentS }) => silentS)
  const moments = clock.map(({ lostS }) => lostS)
  return [`${clock.length} dumps, begun ${Math.min(...ages).toFixed(1)} to ${Math.max(...ages).toFixed(1)} s before, lost their connections within ${(Math.max(...moments) - Math.min(...moments)).toFixed(1)} s.`]
}
