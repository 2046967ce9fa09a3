// One request of the initiator, pure: packets and the passing of time in, what to send and what to tell out. The same over UDP and over
// connections, where Amanda retransmits too.
//
//   mode    event                                      next   effects
//   new     begin                                      ack    send REQ
//   ack     ACK_WAIT_MS passed, sends left             ack    send REQ
//   ack     ACK_WAIT_MS passed, none left              over   fail `timeout waiting for ACK`
//   ack     ACK                                        reply  –
//   reply   replyWaitMs passed, resets left, < 1 h     ack    send REQ, counted anew
//   reply   replyWaitMs passed otherwise               over   fail `timeout waiting for REP`
//   ack, reply   PREP                                  reply  deliver; the wait for the reply begins again
//   ack, reply   NAK                                   over   deliver
//   ack, reply   REP                                   over   send ACK, deliver
//   over    REP (our ACK was lost)                     over   send ACK
//
// Anything else is passed over. Numbers and words are those of Amanda's own servers.

import type { AmandaPacket } from '../../wire/amanda/packet.ts'

/** A client acknowledges what it got at once. */
export const ACK_WAIT_MS = 10_000
/** How often a request that was acknowledged and never answered is begun anew. */
const RESETS_MAX = 2
/** After it none is. */
const DROP_DEAD_MS = 3_600_000

export interface RequestLimits {
  readonly requestTries: number
  readonly replyWaitMs: number
}

export interface RequestState {
  readonly mode: 'new' | 'ack' | 'reply' | 'over'
  readonly sendsLeft: number
  readonly resetsLeft: number
  /** The client has said something about this request. */
  readonly wasAcknowledged: boolean
  readonly startedMs: number
  /** When `time` must come, in ms of the same clock; meaningless in `new` and `over`. */
  readonly deadlineMs: number
}

export type RequestEvent = { readonly kind: 'begin' } | { readonly kind: 'time' } | { readonly kind: 'packet'; readonly packet: AmandaPacket }

export type RequestEffect = { readonly kind: 'send-request' } | { readonly kind: 'send-ack' } | { readonly kind: 'deliver'; readonly packet: AmandaPacket } | {
  readonly kind: 'fail'
  readonly waitedFor: 'ACK' | 'REP'
  /** The client has said something about this request. */
  readonly wasAcknowledged: boolean
}

export interface RequestStep {
  readonly state: RequestState
  readonly effects: readonly RequestEffect[]
}

export const NEW_REQUEST: RequestState = { mode: 'new', sendsLeft: 0, resetsLeft: RESETS_MAX, wasAcknowledged: false, startedMs: 0, deadlineMs: 0 }

export function stepRequest(state: RequestState, event: RequestEvent, nowMs: number, limits: RequestLimits): RequestStep {
  switch (event.kind) {
    case 'begin':
      return { state: { ...state, mode: 'ack', sendsLeft: limits.requestTries - 1, startedMs: nowMs, deadlineMs: nowMs + ACK_WAIT_MS }, effects: [{ kind: 'send-request' }] }
    case 'time':
      return nowMs < state.deadlineMs ? { state, effects: [] } : stepLate(state, nowMs, limits)
    case 'packet':
      return stepPacket(state, event.packet, nowMs, limits)
  }
}

function stepLate(state: RequestState, nowMs: number, limits: RequestLimits): RequestStep {
  const over = { ...state, mode: 'over' } as const
  const again = { ...state, mode: 'ack', deadlineMs: nowMs + ACK_WAIT_MS } as const
  switch (state.mode) {
    case 'ack':
      if (state.sendsLeft <= 0) return { state: over, effects: [{ kind: 'fail', waitedFor: 'ACK', wasAcknowledged: state.wasAcknowledged }] }
      return { state: { ...again, sendsLeft: state.sendsLeft - 1 }, effects: [{ kind: 'send-request' }] }
    case 'reply':
      if (state.resetsLeft <= 0 || nowMs - state.startedMs > DROP_DEAD_MS) return { state: over, effects: [{ kind: 'fail', waitedFor: 'REP', wasAcknowledged: state.wasAcknowledged }] }
      return { state: { ...again, resetsLeft: state.resetsLeft - 1, sendsLeft: limits.requestTries - 1 }, effects: [{ kind: 'send-request' }] }
    case 'new':
    case 'over':
      return { state, effects: [] }
  }
}

function stepPacket(state: RequestState, packet: AmandaPacket, nowMs: number, limits: RequestLimits): RequestStep {
  const isOver = state.mode === 'over'
  if (state.mode === 'new') return { state, effects: [] }
  const waiting = { ...state, mode: 'reply', wasAcknowledged: true, deadlineMs: nowMs + limits.replyWaitMs } as const
  switch (packet.kind) {
    case 'ack':
      return { state: state.mode === 'ack' ? waiting : state, effects: [] }
    case 'prep':
      return isOver ? { state, effects: [] } : { state: waiting, effects: [{ kind: 'deliver', packet }] }
    case 'nak':
      return isOver ? { state, effects: [] } : { state: { ...state, mode: 'over' }, effects: [{ kind: 'deliver', packet }] }
    case 'rep':
      return { state: { ...state, mode: 'over' }, effects: isOver ? [{ kind: 'send-ack' }] : [{ kind: 'send-ack' }, { kind: 'deliver', packet }] }
    case 'req':
      return { state, effects: [] }
  }
}
