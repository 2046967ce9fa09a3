// Which connections a search for an idle limit holds. All are opened at the beginning and fall silent at once, so that finding a limit takes
// little longer than the limit itself: at any moment every connection that has not spoken yet is as old as the search.
//   rungs    each speaks once, at its age; the two ends take turns, so that each end's own steps are a little less than 10 %
//   spares   have no age: they speak to confirm what a rung has shown
//   kept     are kept by TCP keepalive or by a heartbeat from the beginning, at a ladder of intervals; asked when a limit is known

import type { ProbeMode } from '../../wire/probe/frame.ts'
import type { PathEnd } from '../../wire/probe/path-facts.ts'

export interface PlannedProbe {
  /** From 1, in the order of opening. */
  readonly connection: number
  readonly mode: ProbeMode
  /** Of keepalive or heartbeat. */
  readonly intervalMs: number
  /** When it speaks; undefined: when it is asked to. */
  readonly ageMs: number | undefined
  readonly speaker: PathEnd
}

export interface PlanOptions {
  readonly upToMs: number
  /** Ends that can speak: a peer that is not ours cannot. */
  readonly speakers: readonly PathEnd[]
  /** Whether connections that are kept are held as well. */
  readonly isKept: boolean
}

/** Between one rung and the next. Two ends that take turns have steps of 9.8 % each. */
export const RUNG_RATIO = 1.048
/** Milliseconds. No firewall forgets sooner than this, and the handshakes of all connections take about as long. */
export const RUNG_MS_MIN = 2000
/**
 * Milliseconds. Up to here both ends speak at every rung, on two connections each: what TCP sends again after a loss makes a connection some tenths
 * of a second younger than it seems, which is more than a step there, but rarely both.
 */
const DOUBLED_MS_MAX = 12_000
/** Of each end. Four rounds of confirming, and three that show whether its packets pass beyond the limit of the other end. */
const SPARES = 11
/** Seconds; TCP's keepalive knows no fractions. Half of any limit has one of these within a factor of two below it. */
const KEPT_SECONDS = [1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 1800] as const

/** The ages of the rungs, the last one at `upToMs` or just above. */
function rungAges(upToMs: number): number[] {
  const ages: number[] = []
  for (let ageMs = RUNG_MS_MIN; ; ageMs *= RUNG_RATIO) {
    ages.push(Math.round(ageMs))
    if (ageMs >= upToMs) return ages
  }
}

export function planProbes({ upToMs, speakers, isKept }: PlanOptions): PlannedProbe[] {
  const probes: PlannedProbe[] = []
  const add = (probe: Omit<PlannedProbe, 'connection'>): void => void probes.push({ connection: probes.length + 1, ...probe })
  // What is kept comes first: it must be as old as the limit when it is asked.
  if (isKept) {
    for (const mode of ['keepalive', 'heartbeat'] as const) {
      for (const seconds of KEPT_SECONDS) if (seconds * 1000 <= upToMs / 2) add({ mode, intervalMs: seconds * 1000, ageMs: undefined, speaker: 'dialler' })
    }
  }
  for (const [index, ageMs] of rungAges(upToMs).entries()) {
    const chosen = ageMs <= DOUBLED_MS_MAX ? [...speakers, ...speakers] : [speakers[index % speakers.length] ?? 'dialler']
    for (const speaker of chosen) add({ mode: 'silent', intervalMs: 0, ageMs, speaker })
  }
  for (let index = 0; index < SPARES * speakers.length; index++) add({ mode: 'silent', intervalMs: 0, ageMs: undefined, speaker: speakers[index % speakers.length] ?? 'dialler' })
  return probes
}
