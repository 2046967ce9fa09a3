// Links coming and going: a new link, the loss of one, refusing one, and when the agent dials again.
//
//   link phase  event                              what follows
//   –           link-up                            waiting; the agent sends HELLO
//   waiting     HELLO accepted / WELCOME           live; the link that was live is superseded
//   waiting     HELLO refused, garbage, too slow   GOAWAY, gone; the session is as it was
//   waiting     link-down                          gone; counts as a failed dial
//   live        link-down, silence, superseded     gone; the session waits for another link
//   live        breach of the protocol by the peer GOAWAY, gone; the session is reset
//   any         GOAWAY from the peer               gone; the session is reset if the code says so

import { assert } from '../../kernel/assert.ts'
import { encodeFrame } from '../../wire/tether/frame-encode.ts'
import { FrameDecoder } from '../../wire/tether/frame-decoder.ts'
import { GOAWAY_CODES } from '../../wire/tether/goaway.ts'
import type { GoawayCode } from '../../wire/tether/goaway.ts'
import { DeliveryRate } from './delivery-rate.ts'
import { DIAL_CONNECT_MS, DIAL_CONNECT_MS_MAX, DIAL_EAGER_MS, DIAL_PAUSE_MS, DIAL_PAUSE_MS_LATE, DIAL_PAUSE_MS_SLOW, DIAL_PAUSE_MS_SOON, DIAL_PERIOD_MS, END_TEXT_BYTES_MAX, HANDSHAKING_LINKS_MAX, PROBES } from './limits.ts'
import type { PeerBreach, Link, Session } from './session-state.ts'
import { resetExchange, unacknowledgedBytes } from './session-state.ts'
import { emit, flush } from './session-send.ts'
import type { LinkId, LinkLoss } from './session-types.ts'

/** Takes in a new link. Returns undefined when there are too many in the handshake and it was turned away. */
export function addLink(session: Session, id: LinkId): Link | undefined {
  const { nowMs } = session
  const link: Link = {
    id,
    decoder: new FrameDecoder((bytes) => session.options.buffers.take(bytes)),
    upMs: nowMs,
    phase: 'waiting',
    queuedBytes: 0,
    inFlightBytes: 0,
    nextControl: 1,
    nextBulk: 1,
    rate: new DeliveryRate(nowMs),
    lastHeardMs: nowMs,
    lastSentMs: nowMs,
    idleMs: 0,
    isAnswerDue: false,
    isPollAsked: false,
    ping: undefined,
    probesLeft: PROBES,
    roundTripMs: undefined,
    isPongDue: false,
    pongToken: 0,
    out: [],
    outBytes: 0,
    outWantsAnswer: false,
  }
  session.links.set(id, link)
  if (session.options.role === 'agent') {
    session.dial.isWaiting = false
    session.dial.knownConnectMs = Math.max(0, nowMs - session.dial.startedMs)
    for (const other of session.links.values()) if (other !== link) closeLink(session, other, 'superseded', 'a newer link was dialled')
    return link
  }
  const waiting = [...session.links.values()].filter((other) => other.phase === 'waiting')
  if (waiting.length <= HANDSHAKING_LINKS_MAX) return link
  refuse(session, link, 'busy', `${HANDSHAKING_LINKS_MAX} links of this peer are in the handshake`)
  return undefined
}

/** Sends GOAWAY and closes a link that is not wanted. If it was live, the session waits for another. */
export function closeLink(session: Session, link: Link, code: GoawayCode, text: string): void {
  const bounded = text.slice(0, END_TEXT_BYTES_MAX / 4)
  emit(link, encodeFrame({ kind: 'goaway', code: GOAWAY_CODES[code].number, text: bounded }), false)
  flush(session, link)
  session.effects.push({ kind: 'close-link', link: link.id, code, text: bounded })
  forgetLink(session, link, code, bounded)
}

/** Turns a link away that never became live. */
export function refuse(session: Session, link: Link, code: GoawayCode, text: string): void {
  closeLink(session, link, code, text)
  session.effects.push({ kind: 'told', told: { kind: 'link-refused', link: link.id, code, text } })
}

/** The peer broke the protocol on `link`. */
export function punish(session: Session, link: Link, breach: PeerBreach): void {
  const isLive = link === session.live
  if (!isLive) {
    refuse(session, link, breach.code, breach.message)
    scheduleDial(session, DIAL_PAUSE_MS_SOON)
    return
  }
  closeLink(session, link, breach.code, breach.message)
  resetExchange(session, breach.code, breach.message)
  scheduleDial(session, DIAL_PAUSE_MS_SOON)
}

/** The peer said GOAWAY on `link`. */
export function obeyGoaway(session: Session, link: Link, code: GoawayCode, text: string): void {
  const entry = GOAWAY_CODES[code]
  const isLive = link === session.live
  session.effects.push({ kind: 'close-link', link: link.id, code, text })
  forgetLink(session, link, code, text)
  if (!isLive) session.effects.push({ kind: 'told', told: { kind: 'link-refused', link: link.id, code, text } })
  const isHeld = session.sessionId !== undefined || session.exchange.control.lastSeq > 0
  if (entry.ends === 'session' && isHeld && (isLive || session.options.role === 'agent')) resetExchange(session, code, text)
  if (entry.redial === 'slow') session.dial.pauseMs = DIAL_PAUSE_MS_SLOW
  if (entry.redial === 'soon') session.dial.pauseMs = DIAL_PAUSE_MS_SOON
  scheduleDial(session, session.dial.pauseMs)
}

/** The link went without a word, or is given up. */
export function loseLink(session: Session, link: Link, why: LinkLoss | GoawayCode, text: string): void {
  forgetLink(session, link, why, text)
  scheduleDial(session, link.phase === 'live' ? 0 : DIAL_PAUSE_MS)
}

function forgetLink(session: Session, link: Link, why: LinkLoss | GoawayCode, text: string): void {
  session.links.delete(link.id)
  if (link !== session.live) return
  session.live = undefined
  session.linkLostMs = session.nowMs
  session.dial.failures = 0
  session.dial.pauseMs = 0
  const sinceMs = session.nowMs - Math.max(link.lastHeardMs, link.lastSentMs)
  const idleMs = link.isAnswerDue ? link.idleMs : Math.max(link.idleMs, sinceMs)
  session.effects.push({ kind: 'told', told: { kind: 'link-lost', link: link.id, why, text, idleMs: Math.round(idleMs), unacknowledgedBytes: unacknowledgedBytes(session) } })
  if (why !== 'closed' && why !== 'reset' && why !== 'timeout' && why !== 'failed' && why !== 'silent' && why !== 'superseded') return
  const told = session.path.noteLoss(idleMs, session.nowMs)
  if (told !== undefined) session.effects.push({ kind: 'told', told })
}

/** Agent: asks for a link, unless one is there or asked for. `afterMs` is the least pause. */
export function scheduleDial(session: Session, afterMs: number): void {
  const { dial, nowMs } = session
  if (session.options.role !== 'agent' || session.mode !== 'running' || session.links.size > 0 || dial.isWaiting) return
  const isLate = nowMs - (session.linkLostMs ?? nowMs) > DIAL_EAGER_MS
  const jitterMs = ((session.options.randomBytes(1)[0] ?? 0) / 256) * (isLate ? DIAL_PAUSE_MS_LATE / 2 : 0)
  const pauseMs = dial.failures === 0 ? afterMs : Math.max(afterMs, isLate ? DIAL_PAUSE_MS_LATE / 2 + jitterMs : DIAL_PAUSE_MS)
  const startMs = Math.max(nowMs + pauseMs, dial.failures === 0 && afterMs === 0 ? nowMs : dial.startedMs + DIAL_PERIOD_MS)
  const isSeen = dial.knownConnectMs !== undefined && !isLate
  const connectMs = isSeen ? Math.min(DIAL_CONNECT_MS_MAX, Math.max(DIAL_CONNECT_MS, 3 * (dial.knownConnectMs ?? 0))) : dial.failures % 2 === 0 ? DIAL_CONNECT_MS : DIAL_CONNECT_MS_MAX
  dial.startedMs = startMs
  dial.isWaiting = true
  session.effects.push({ kind: 'dial', afterMs: startMs - nowMs, connectMs: Math.ceil(connectMs) })
}

/** Agent: asks for a link that takes the place of the live one. One that is asked for already will do. */
export function scheduleRelink(session: Session): void {
  const { dial, nowMs } = session
  if (session.live === undefined || dial.isWaiting) return
  assert(session.options.role === 'agent', 'only an agent dials')
  dial.startedMs = nowMs
  dial.isWaiting = true
  session.effects.push({ kind: 'dial', afterMs: 0, connectMs: DIAL_CONNECT_MS_MAX })
}

/** A dial came to nothing. */
export function noteDialFailed(session: Session): void {
  session.dial.isWaiting = false
  session.dial.failures += 1
  scheduleDial(session, session.dial.pauseMs)
}
