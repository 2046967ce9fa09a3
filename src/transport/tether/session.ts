// The tether session as one pure function: `step(session, event, nowMs)` changes the session in place and returns what the shell must
// do, in order. No I/O, no clock, no timers, no randomness but what the options give. docs/protocol/tether.md describes the protocol;
// session-types.ts the events and effects; session-state.ts names the parts.
//
//   mode     event            next mode   what happens
//   new      start            running     the agent dials
//   running  close            ended       GOAWAY, `reset`, `ended`
//   running  anything else    running     see the tables of session-links, session-handshake, session-liveness
//   ended    anything         ended       nothing
//
// While running, the session has a live link or waits for one; its id is issued at the first handshake and lost with `reset`.

import { assert } from '../../kernel/assert.ts'
import { Fault } from '../../kernel/fault.ts'
import type { Frame } from '../../wire/tether/frame.ts'
import { goawayCodeOf } from '../../wire/tether/goaway.ts'
import { DEAD_AFTER_MS, HEARTBEAT_MS, REQUESTS_MAX, SESSION_HOLD_MS, STREAMS_MAX } from './limits.ts'
import { PathLearning } from './path-learning.ts'
import { receiveHello, receiveWelcome, sendHello } from './session-handshake.ts'
import { addLink, closeLink, loseLink, noteDialFailed, obeyGoaway, punish, scheduleDial, scheduleRelink } from './session-links.ts'
import { checkTimers, heartbeatMs, judge, nextWakeMs, noteHeard, notePong } from './session-liveness.ts'
import { receiveControl, receiveData, receiveUnnumbered } from './session-receive.ts'
import { flush, inFlightLimit, pump } from './session-send.ts'
import { breachOf, createExchange, PeerBreach, resetExchange } from './session-state.ts'
import type { Link, Session } from './session-state.ts'
import { ask } from './session-streams.ts'
import type { RequestId, SessionEffect, SessionEvent, SessionOptions, StreamId } from './session-types.ts'

export type { Session } from './session-state.ts'

export function createSession(options: SessionOptions): Session {
  const defaultMs = options.heartbeatMs ?? HEARTBEAT_MS
  const first = options.role === 'agent' ? 1 : 2
  return {
    options,
    heartbeatMs: defaultMs,
    deadAfterMs: options.deadAfterMs ?? DEAD_AFTER_MS,
    sessionHoldMs: options.sessionHoldMs ?? SESSION_HOLD_MS,
    path: new PathLearning(defaultMs),
    mode: 'new',
    nowMs: 0,
    links: new Map(),
    live: undefined,
    sessionId: undefined,
    epoch: 0,
    attempt: 0,
    exchange: createExchange(),
    nextStream: first,
    nextRequest: first,
    peerHeartbeatMs: defaultMs,
    peerInstance: undefined,
    peerMachine: undefined,
    peerAttempt: 0,
    replacedInstances: new Map(),
    linkLostMs: undefined,
    dial: { startedMs: 0, isWaiting: false, failures: 0, pauseMs: 0, knownConnectMs: undefined },
    wakeArmedMs: Number.POSITIVE_INFINITY,
    pingCount: 0,
    effects: [],
  }
}

/** A number for `request`, or a `tether-limit` fault when too many requests of ours are open. */
export function allocateRequest(session: Session): RequestId {
  if (session.exchange.ownRequests.size >= REQUESTS_MAX) throw new Fault('tether-limit', `more than ${REQUESTS_MAX} requests are open on one connection`)
  session.nextRequest += 2
  return session.nextRequest - 2
}

/** A number for `open`, or a `tether-limit` fault when too many streams of ours are open. */
export function allocateStream(session: Session): StreamId {
  let open = 0
  for (const id of session.exchange.streams.keys()) if (id % 2 === session.nextStream % 2) open += 1
  if (open >= STREAMS_MAX) throw new Fault('tether-limit', `more than ${STREAMS_MAX} streams are open on one connection`)
  session.nextStream += 2
  return session.nextStream - 2
}

/** One event. `nowMs` is monotonic and never less than before. The effects must be carried out in their order. */
export function step(session: Session, event: SessionEvent, nowMs: number): readonly SessionEffect[] {
  if (session.mode === 'ended') return []
  session.nowMs = Math.max(session.nowMs, nowMs)
  session.effects = []
  // Most of what comes is a part of a frame, and changes nothing but when the peer was last heard.
  if (event.kind === 'bytes' && !receiveBytes(session, event.link, event.chunk)) return session.effects
  if (event.kind !== 'bytes') apply(session, event)
  if (session.mode === 'running') {
    checkTimers(session)
    pump(session)
    for (const link of session.links.values()) flush(session, link)
    armWake(session)
  }
  const { effects } = session
  session.effects = []
  return effects
}

function apply(session: Session, event: Exclude<SessionEvent, { kind: 'bytes' }>): void {
  switch (event.kind) {
    case 'start':
      assert(session.mode === 'new', 'a session starts once')
      session.mode = 'running'
      session.linkLostMs = session.nowMs
      return scheduleDial(session, 0)
    case 'link-up': {
      const link = addLink(session, event.link)
      if (link !== undefined && session.options.role === 'agent') sendHello(session, link)
      return
    }
    case 'drained': {
      const link = session.links.get(event.link)
      if (link !== undefined) link.queuedBytes = Math.max(0, link.queuedBytes - event.bytes)
      return
    }
    case 'link-down': {
      const link = session.links.get(event.link)
      if (link === undefined) return
      if (link.phase === 'waiting') session.dial.failures += 1
      return loseLink(session, link, event.loss, event.text)
    }
    case 'relink':
      return scheduleRelink(session)
    case 'dial-failed':
      return noteDialFailed(session)
    case 'wake':
      session.wakeArmedMs = Number.POSITIVE_INFINITY
      return
    case 'poll-done':
      return judge(session)
    case 'close': {
      for (const link of session.links.values()) closeLink(session, link, event.code, event.text)
      resetExchange(session, event.code, event.text)
      session.mode = 'ended'
      session.effects.push({ kind: 'ended', code: event.code, text: event.text })
      return
    }
    default:
      return ask(session, event)
  }
}

/** Whether a frame was complete. */
function receiveBytes(session: Session, id: number, chunk: Uint8Array): boolean {
  const link = session.links.get(id)
  if (link === undefined || chunk.length === 0) return false
  noteHeard(session, link)
  try {
    const frames = link.decoder.push(chunk)
    for (const frame of frames) {
      receiveFrame(session, link, frame)
      if (!session.links.has(id)) break
    }
    return frames.length > 0
  } catch (error) {
    const breach = breachOf(error)
    if (session.links.has(id)) punish(session, link, breach)
    return true
  }
}

function receiveFrame(session: Session, link: Link, frame: Frame): void {
  if (frame.kind === 'goaway') return obeyGoaway(session, link, goawayCodeOf(frame.code), frame.text)
  if (frame.kind === 'unknown') throw new PeerBreach('unknown-frame', `frame type ${frame.type} is not known`)
  if (link.phase === 'waiting') {
    if (frame.kind === 'hello' && session.options.role === 'server') return receiveHello(session, link, frame)
    if (frame.kind === 'welcome' && session.options.role === 'agent') return receiveWelcome(session, link, frame)
    throw new PeerBreach('order-broken', `${frame.kind} came before the handshake`)
  }
  session.exchange.isConfirmed = true
  switch (frame.kind) {
    case 'data':
      return receiveData(session, frame)
    case 'open':
    case 'packet':
    case 'end':
    case 'stop':
    case 'renew':
      return receiveControl(session, frame)
    case 'pong':
      return notePong(session, link, frame.token)
    case 'ack':
    case 'window':
    case 'commit':
    case 'ping':
      return receiveUnnumbered(session, link, frame)
    case 'hello':
    case 'welcome':
    case 'enrol':
    case 'enrolled':
      throw new PeerBreach('order-broken', `${frame.kind} came after the handshake`)
  }
}

/** Asks for a wake when the one that is armed comes too late. One that comes too early only costs a step. */
function armWake(session: Session): void {
  const due = nextWakeMs(session)
  if (due >= session.wakeArmedMs || due === Number.POSITIVE_INFINITY) return
  session.wakeArmedMs = due
  session.effects.push({ kind: 'wake', atMs: due })
}

/** What a person may want to know of a session now. */
export interface SessionView {
  readonly isConnected: boolean
  readonly linkLostMs: number | undefined
  readonly heartbeatMs: number
  readonly bytesPerSecond: number
  /** The shortest of the live link; undefined until it was measured. */
  readonly roundTripMs: number | undefined
  readonly unacknowledgedBulkBytes: number
  readonly inFlightLimitBytes: number
  readonly streams: number
  readonly requests: number
}

export function viewOf(session: Session): SessionView {
  const { exchange, live } = session
  return {
    isConnected: live !== undefined,
    linkLostMs: session.linkLostMs,
    heartbeatMs: heartbeatMs(session),
    roundTripMs: live?.roundTripMs,
    bytesPerSecond: Math.round((live?.rate.bytesPerMs ?? 0) * 1000),
    unacknowledgedBulkBytes: exchange.bulkBytes,
    inFlightLimitBytes: live === undefined ? 0 : inFlightLimit(session, live),
    streams: exchange.streams.size,
    requests: exchange.ownRequests.size + exchange.peerRequests.size,
  }
}
