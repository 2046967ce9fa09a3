// Timers and death. Something is sent at least every heartbeat, in every phase; a link on which nothing is heard for dead-after is
// given up, but only after a completed poll phase has shown that nothing was waiting to be read: a process that was stalled
// must not take its own sleep for the peer's.
//
//   due                                   what happens
//   heartbeat since the last write        PING
//   dead-after since the last byte heard  `poll`; if `poll-done` brings nothing: the link is lost (silent)
//   handshake limit on a waiting link     GOAWAY handshake-timeout
//   session-hold without a link           the session is reset (session-expired)
//   an acknowledgement has waited enough  ACK (the pump)

import { encodeFrame } from '../../wire/tether/frame-encode.ts'
import { CONTROL_QUEUED_BYTES_MAX, HANDSHAKE_MS_MAX, HEARTBEAT_MS_MIN } from './limits.ts'
import { closeLink, refuse, scheduleDial } from './session-links.ts'
import { resetExchange } from './session-state.ts'
import type { Link, Session } from './session-state.ts'
import { emit } from './session-send.ts'

/** The heartbeat both sides know to be needed. */
export function heartbeatMs(session: Session): number {
  const floor = Math.min(HEARTBEAT_MS_MIN, session.heartbeatMs)
  return Math.max(floor, Math.min(session.path.heartbeatMs, session.peerHeartbeatMs))
}

/** Any byte is life. */
export function noteHeard(session: Session, link: Link): void {
  link.lastHeardMs = session.nowMs
  link.idleMs = 0
  link.isAnswerDue = false
  link.isPollAsked = false
}

/** Asks for a sign of life; the answer also tells how long the path is. */
export function sendPing(session: Session, link: Link): void {
  session.pingCount = (session.pingCount + 1) >>> 0
  link.ping = { token: session.pingCount, sentMs: session.nowMs }
  emit(link, encodeFrame({ kind: 'ping', token: session.pingCount }), true)
}

/** The shortest round trip counts: others were held up behind bulk, or by a process that had just started. */
export function notePong(session: Session, link: Link, token: number): void {
  if (link.ping?.token !== token) return
  link.roundTripMs = Math.min(link.roundTripMs ?? Number.POSITIVE_INFINITY, session.nowMs - link.ping.sentMs)
  link.ping = undefined
  link.probesLeft -= 1
  if (link.probesLeft > 0) sendPing(session, link)
}

/** Does what is due. Safe to call at any time. */
export function checkTimers(session: Session): void {
  const { nowMs } = session
  for (const link of session.links.values()) {
    if (link.phase === 'waiting' && nowMs >= link.upMs + HANDSHAKE_MS_MAX) {
      refuse(session, link, 'handshake-timeout', 'the handshake took longer than its limit')
      scheduleDial(session, 0)
    }
  }
  checkHold(session)
  const { live } = session
  if (live === undefined) return
  const told = session.path.relax(nowMs)
  if (told !== undefined) session.effects.push({ kind: 'told', told })
  if (nowMs >= live.lastSentMs + heartbeatMs(session)) sendPing(session, live)
  if (nowMs >= live.lastHeardMs + session.deadAfterMs && !live.isPollAsked) {
    live.isPollAsked = true
    session.effects.push({ kind: 'poll' })
  }
}

/** All that was waiting has been read. */
export function judge(session: Session): void {
  const { live } = session
  if (live === undefined || !live.isPollAsked) return
  live.isPollAsked = false
  const silentMs = session.nowMs - live.lastHeardMs
  if (session.nowMs < live.lastHeardMs + session.deadAfterMs) return
  closeLink(session, live, 'silent', `nothing was heard for ${Math.round(silentMs / 1000)} s`)
  scheduleDial(session, 0)
}

function checkHold(session: Session): void {
  if (session.linkLostMs === undefined || session.nowMs < session.linkLostMs + session.sessionHoldMs) return
  session.linkLostMs = session.nowMs
  const { exchange } = session
  if (session.sessionId !== undefined || exchange.control.lastSeq > 0) resetExchange(session, 'session-expired', 'there was no link for longer than session-hold')
}

/** When `wake` is needed next. The same sums as in `checkTimers`, so that rounding cannot make a due wake come to nothing. */
export function nextWakeMs(session: Session): number {
  let due = Number.POSITIVE_INFINITY
  for (const link of session.links.values()) if (link.phase === 'waiting') due = Math.min(due, link.upMs + HANDSHAKE_MS_MAX)
  const { live } = session
  if (live === undefined) return Math.min(due, (session.linkLostMs ?? session.nowMs) + session.sessionHoldMs)
  due = Math.min(due, live.lastSentMs + heartbeatMs(session))
  // A link that takes nothing is woken by `drained`.
  if (live.queuedBytes < CONTROL_QUEUED_BYTES_MAX) due = Math.min(due, session.exchange.ackDueMs)
  return live.isPollAsked ? due : Math.min(due, live.lastHeardMs + session.deadAfterMs)
}

