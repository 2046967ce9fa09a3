// The search for an idle limit, as a step machine: step(state, event, now) → effects. It knows no sockets and no clock of its own.
//
//   mode        event                                    what follows
//   searching   a connection reaches its age             its speaker speaks
//   searching   no answer for SUSPECT_MS, or an end      spares of both ends speak at once, to confirm or clear it
//   searching   no answer for the patience               dead: that long TCP has sent again and again while the control channel lived
//   searching   enough agree (idle-judge.ts)             asking
//   searching   no connection is left                    over: no limit, or none to be named
//   asking      the kept ones below half the limit       speak once; alive or dead as above; then over
//   any         the control channel was cut              over: disturbed. It is never idle, so what cut it is no idle limit

import type { IdleFacts, IdleLimit, KeptFact, PathEnd } from '../../wire/probe/path-facts.ts'
import { judgeSamples, longestSurvived, type Judgement, type Sample } from './idle-judge.ts'
import type { PlannedProbe } from './probe-plan.ts'

export type SearchEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'wake' }
  /** Something was heard on the control channel. */
  | { readonly kind: 'control-heard' }
  | { readonly kind: 'control-cut' }
  | { readonly kind: 'opened'; readonly connection: number }
  | { readonly kind: 'spoke'; readonly connection: number; readonly idleMs: number }
  | { readonly kind: 'heard'; readonly connection: number }
  | { readonly kind: 'answered'; readonly connection: number }
  | { readonly kind: 'ended'; readonly connection: number; readonly end: PathEnd; readonly how: 'reset' | 'silence' | 'closed'; readonly idleMs: number }

export type SearchEffect =
  | { readonly kind: 'open'; readonly probe: PlannedProbe }
  | { readonly kind: 'speak'; readonly connection: number; readonly end: PathEnd }
  | { readonly kind: 'drop'; readonly connection: number }
  | { readonly kind: 'wake'; readonly atMs: number }
  | { readonly kind: 'over'; readonly facts: IdleFacts }

/** Milliseconds without an answer after which others are asked: TCP has sent three times by then. */
export const SUSPECT_MS = 2500
/** Milliseconds without an answer that make a connection dead: TCP has sent six times by then (0, 0.2, 0.6, 1.4, 3, 6.2 s), which 10 % of loss make fail once in a million. */
const PATIENCE_MS = 12_000
/** Round trips on top of it: on a slow path TCP waits longer between its tries. */
const PATIENCE_ROUND_TRIPS = 12
const PATIENCE_MS_MAX = 40_000
/** Milliseconds since the control channel was last heard up to which it lives; it is heard every second. Time beyond does not count against a connection. */
const CONTROL_LIFE_MS = 3000
const LOOK_MS = 250
/** Milliseconds for opening: SYNs that were lost are sent again after 1, 3, 7 and 15 s. */
const OPENING_MS_MAX = 20_000
/** Spares of each end that a suspicion wakes. */
const CONFIRMERS = 2
/** Spares of each end that no suspicion wakes: they show whether its packets pass beyond the limit of the other. */
const SPARES_KEPT = 3
/** Milliseconds that a hand may find a connection younger than it is by the search's own count. */
const BEYOND_SLACK_MS = 300
/** Kept connections of each mode that are asked: the longest intervals up to half the limit. */
const KEPT_ASKED = 3
/** So many lost ones without a limit are worth a word; one or two are an accident. */
const ERRATIC_MIN = 3

interface Probe {
  readonly planned: PlannedProbe
  phase: 'opening' | 'idle' | 'spoken' | 'over'
  openedMs: number
  /** On the clock that stands while the control channel is silent. */
  spokenAliveMs: number
  ageMs: number
  isHeard: boolean
  isSuspect: boolean
  result: 'alive' | 'dead' | undefined
  isUnprompted: boolean
  how: Sample['how']
  readonly toldTo: PathEnd[]
}

export interface IdleSearch {
  readonly probes: ReadonlyMap<number, Probe>
  readonly speakers: readonly PathEnd[]
  readonly patienceMs: number
  mode: 'new' | 'searching' | 'asking' | 'over'
  startedMs: number
  steppedMs: number
  controlHeardMs: number
  /** Milliseconds in which the control channel lived. */
  aliveMs: number
  limit: IdleLimit | undefined
  /** One end's limit is known: spares of this one speak at that age. */
  half: { readonly speaker: PathEnd; readonly ageMs: number; readonly limit: IdleLimit } | undefined
  /** When it wants to be woken. */
  wakeMs: number
  deadCount: number
  /** Something became of a connection since the samples were judged. */
  isChanged: boolean
}

export function createIdleSearch(plan: readonly PlannedProbe[], speakers: readonly PathEnd[], roundTripMs: number): IdleSearch {
  const probes = new Map(plan.map((planned): [number, Probe] => [planned.connection, { planned, phase: 'opening', openedMs: 0, spokenAliveMs: 0, ageMs: 0, isHeard: false, isSuspect: false, result: undefined, isUnprompted: false, how: 'silence', toldTo: [] }]))
  return { probes, speakers, patienceMs: Math.min(PATIENCE_MS_MAX, PATIENCE_MS + PATIENCE_ROUND_TRIPS * roundTripMs), mode: 'new', startedMs: 0, steppedMs: 0, controlHeardMs: 0, aliveMs: 0, limit: undefined, half: undefined, wakeMs: Number.POSITIVE_INFINITY, deadCount: 0, isChanged: false }
}

export function stepIdleSearch(search: IdleSearch, event: SearchEvent, nowMs: number): SearchEffect[] {
  if (search.mode === 'over') return []
  const effects: SearchEffect[] = []
  if (search.mode === 'new') begin(search, nowMs, effects)
  if (nowMs - search.controlHeardMs <= CONTROL_LIFE_MS) search.aliveMs += nowMs - search.steppedMs
  search.steppedMs = nowMs
  take(search, event, nowMs, effects)
  if (event.kind === 'opened' && search.mode === 'searching') return wakeFor(search, event.connection, nowMs)
  // Nothing to do for it: what was to be looked at before still is.
  if (isOver(search) || event.kind === 'control-heard' || event.kind === 'heard' || event.kind === 'spoke') return effects
  if (search.mode === 'searching') searchOn(search, nowMs, effects)
  if (search.mode === 'asking') askOn(search, nowMs, effects)
  if (!isOver(search)) {
    search.wakeMs = nextLookMs(search, nowMs)
    effects.push({ kind: 'wake', atMs: search.wakeMs })
  }
  return effects
}

/** A connection that has come up is of no interest before its age. */
function wakeFor(search: IdleSearch, connection: number, nowMs: number): SearchEffect[] {
  const ageMs = search.probes.get(connection)?.planned.ageMs
  if (ageMs === undefined || nowMs + ageMs >= search.wakeMs) return []
  search.wakeMs = nowMs + ageMs
  return [{ kind: 'wake', atMs: search.wakeMs }]
}

function isOver(search: IdleSearch): boolean {
  return search.mode === 'over'
}

function begin(search: IdleSearch, nowMs: number, effects: SearchEffect[]): void {
  search.mode = 'searching'
  search.startedMs = nowMs
  search.steppedMs = nowMs
  search.controlHeardMs = nowMs
  for (const { planned } of search.probes.values()) effects.push({ kind: 'open', probe: planned })
}

function take(search: IdleSearch, event: SearchEvent, nowMs: number, effects: SearchEffect[]): void {
  if (event.kind === 'start' || event.kind === 'wake') return
  if (event.kind === 'control-heard') {
    search.controlHeardMs = nowMs
    return
  }
  if (event.kind === 'control-cut') return finish(search, 'disturbed', effects)
  const probe = search.probes.get(event.connection)
  if (probe === undefined) return
  switch (event.kind) {
    case 'opened':
      if (probe.phase !== 'opening') return
      probe.phase = 'idle'
      probe.openedMs = nowMs
      return
    case 'spoke':
      // Who spoke knows best how long it had been silent.
      if (probe.phase === 'spoken') probe.ageMs = event.idleMs
      return
    case 'heard':
      probe.isHeard = true
      return
    case 'answered':
      if (probe.phase === 'spoken') settle(search, probe, 'alive', effects)
      return
    case 'ended':
      return takeEnd(search, probe, event, effects)
  }
}

function takeEnd(search: IdleSearch, probe: Probe, event: Extract<SearchEvent, { kind: 'ended' }>, effects: SearchEffect[]): void {
  if (probe.result !== 'alive' && event.how !== 'silence' && !probe.toldTo.includes(event.end)) probe.toldTo.push(event.end)
  if (probe.phase === 'over') return
  probe.how = event.how
  if (probe.phase === 'opening') return settle(search, probe, undefined, effects)
  if (probe.phase === 'idle') {
    probe.isUnprompted = true
    probe.ageMs = event.idleMs
  }
  settle(search, probe, 'dead', effects)
}

function settle(search: IdleSearch, probe: Probe, result: Probe['result'], effects: SearchEffect[]): void {
  probe.phase = 'over'
  probe.result = result
  search.isChanged = true
  if (result === 'dead') search.deadCount += 1
  // A dead one is held a little: the other end may still be told.
  if (result === 'alive') effects.push({ kind: 'drop', connection: probe.planned.connection })
}

function speak(search: IdleSearch, probe: Probe, nowMs: number, effects: SearchEffect[]): void {
  probe.phase = 'spoken'
  probe.ageMs = nowMs - probe.openedMs
  probe.spokenAliveMs = search.aliveMs
  effects.push({ kind: 'speak', connection: probe.planned.connection, end: probe.planned.speaker })
}

/** Ends the waits that are over. Returns how many connections became suspect. */
function judgeWaits(search: IdleSearch, effects: SearchEffect[]): number {
  let suspects = 0
  for (const probe of search.probes.values()) {
    const waitedMs = search.aliveMs - probe.spokenAliveMs
    if (probe.phase === 'spoken' && waitedMs >= search.patienceMs) settle(search, probe, 'dead', effects)
    const isSuspect = probe.result === 'dead' || (probe.phase === 'spoken' && waitedMs >= SUSPECT_MS)
    if (!isSuspect || probe.isSuspect || probe.planned.mode !== 'silent') continue
    probe.isSuspect = true
    suspects += 1
  }
  return suspects
}

function searchOn(search: IdleSearch, nowMs: number, effects: SearchEffect[]): void {
  for (const probe of search.probes.values()) {
    if (probe.phase === 'opening' && nowMs - search.startedMs > OPENING_MS_MAX) settle(search, probe, undefined, effects)
    if (probe.phase === 'idle' && probe.planned.ageMs !== undefined && nowMs - probe.openedMs >= probe.planned.ageMs) speak(search, probe, nowMs, effects)
  }
  const suspects = judgeWaits(search, effects)
  if (suspects > 0) for (const end of search.speakers) for (const spare of sparesOf(search, end).slice(SPARES_KEPT).slice(0, suspects * CONFIRMERS)) speak(search, spare, nowMs, effects)
  const { half } = search
  if (half !== undefined) for (const spare of sparesOf(search, half.speaker)) if (nowMs - spare.openedMs >= half.ageMs + BEYOND_SLACK_MS) speak(search, spare, nowMs, effects)
  if (!search.isChanged) return
  search.isChanged = false
  const judgement: Judgement = search.deadCount === 0 ? { kind: 'none' } : judgeSamples(samplesOf(search), search.speakers)
  search.half = judgement.kind === 'half' ? judgement : undefined
  const isWaiting = isMoreToCome(search)
  // When no more can be seen, what is known of one end must do.
  const limit = judgement.kind === 'limit' || (judgement.kind === 'half' && !isWaiting) ? judgement.limit : undefined
  if (limit !== undefined) {
    search.limit = limit
    search.mode = 'asking'
    for (const { planned, phase } of search.probes.values()) if (phase === 'idle' && planned.mode === 'silent') effects.push({ kind: 'drop', connection: planned.connection })
  } else if (!isWaiting) finish(search, 'none', effects)
}

function isMoreToCome({ probes, half }: IdleSearch): boolean {
  for (const { phase, planned } of probes.values()) {
    if (planned.mode !== 'silent' || phase === 'over') continue
    if (phase !== 'idle' || planned.ageMs !== undefined || planned.speaker === half?.speaker) return true
  }
  return false
}

function sparesOf(search: IdleSearch, end: PathEnd): Probe[] {
  return [...search.probes.values()].filter(({ planned, phase }) => phase === 'idle' && planned.mode === 'silent' && planned.ageMs === undefined && planned.speaker === end)
}

function samplesOf(search: IdleSearch): Sample[] {
  return [...search.probes.values()]
    .filter(({ planned, result }) => planned.mode === 'silent' && result !== undefined)
    .map(({ planned, ageMs, result, isHeard, isUnprompted, how, toldTo }) => ({ ageMs, speaker: planned.speaker, isAlive: result === 'alive', isHeard, isUnprompted, how: how === 'silence' && toldTo.length > 0 ? 'reset' : how, toldTo }))
}

/** The kept connections whose answer is worth having. */
function askedOf(search: IdleSearch): Probe[] {
  const halfMs = (search.limit?.lastAliveMs ?? 0) / 2
  return (['keepalive', 'heartbeat'] as const).flatMap((mode) => [...search.probes.values()].filter(({ planned, openedMs }) => planned.mode === mode && openedMs > 0 && planned.intervalMs <= halfMs).slice(-KEPT_ASKED))
}

function askOn(search: IdleSearch, nowMs: number, effects: SearchEffect[]): void {
  const asked = askedOf(search)
  // A younger one would live without being kept.
  const oldMs = search.limit?.firstDeadMs ?? 0
  for (const probe of asked) if (probe.phase === 'idle' && nowMs - probe.openedMs >= oldMs) speak(search, probe, nowMs, effects)
  judgeWaits(search, effects)
  if (!asked.some(({ phase }) => phase !== 'over')) finish(search, 'limit', effects)
}

function nextLookMs(search: IdleSearch, nowMs: number): number {
  let atMs = search.startedMs + OPENING_MS_MAX + 1
  if (atMs <= nowMs) atMs = Number.POSITIVE_INFINITY
  for (const { phase, planned, openedMs } of search.probes.values()) {
    if (phase === 'spoken') return nowMs + LOOK_MS
    if (phase !== 'idle' || search.mode !== 'searching' || planned.mode !== 'silent') continue
    const ageMs = planned.ageMs ?? (planned.speaker === search.half?.speaker ? search.half.ageMs + BEYOND_SLACK_MS : undefined)
    if (ageMs !== undefined) atMs = Math.min(atMs, openedMs + ageMs)
  }
  return search.mode === 'asking' ? Math.min(atMs, nowMs + LOOK_MS) : Math.max(atMs, nowMs + 1)
}

function keptFacts(search: IdleSearch, mode: 'keepalive' | 'heartbeat'): KeptFact[] {
  return [...search.probes.values()].filter(({ planned, result }) => planned.mode === mode && result !== undefined).map(({ planned, result }) => ({ intervalMs: planned.intervalMs, isAlive: result === 'alive' }))
}

function finish(search: IdleSearch, wanted: 'limit' | 'none' | 'disturbed', effects: SearchEffect[]): void {
  search.mode = 'over'
  const samples = samplesOf(search)
  const lostCount = samples.filter(({ isAlive }) => !isAlive).length
  const testedMs = longestSurvived(samples)
  const outcome = wanted !== 'none' ? wanted : testedMs === 0 ? 'unmeasured' : lostCount >= ERRATIC_MIN ? 'erratic' : 'none'
  const facts: IdleFacts = {
    outcome,
    testedMs,
    ...(search.limit === undefined ? {} : { limit: search.limit }),
    keepalive: keptFacts(search, 'keepalive'),
    heartbeat: keptFacts(search, 'heartbeat'),
    connections: [...search.probes.values()].filter(({ openedMs }) => openedMs > 0).length,
    lostCount,
    ...(outcome === 'unmeasured' ? { reason: 'no connection could be opened and used' } : {}),
  }
  effects.push({ kind: 'drop', connection: 0 }, { kind: 'over', facts })
}
