// The state of one tether session, and the few operations every part of it needs: telling effects, numbering control, resetting.
// Only the session*.ts files may touch it. The parts: session-handshake (links, HELLO, WELCOME), session-send (what is written and
// when), session-receive (what a peer's frames do), session-streams (what the program asks for), session-liveness (timers, death).

import { Fault } from '../../kernel/fault.ts'
import { encodeFrame } from '../../wire/tether/frame-encode.ts'
import type { FrameDecoder } from '../../wire/tether/frame-decoder.ts'
import type { ControlFrame, PacketKind } from '../../wire/tether/frame.ts'
import type { GoawayCode } from '../../wire/tether/goaway.ts'
import type { DeliveryRate, SendMark } from './delivery-rate.ts'
import { FINISHED_STREAMS_MAX, WINDOW_BYTES_FIRST } from './limits.ts'
import type { PathLearning } from './path-learning.ts'
import { ReplayQueue } from './replay-queue.ts'
import type { LinkId, SessionEffect, SessionOptions } from './session-types.ts'

/** A link's phases. `waiting`: HELLO or WELCOME has not come. `live`: it carries the session. Nothing is kept of links that are gone. */
export interface Link {
  readonly id: LinkId
  readonly decoder: FrameDecoder
  readonly upMs: number
  phase: 'waiting' | 'live'
  /** Bytes given to the shell that have not left the process. */
  queuedBytes: number
  /** Bulk bytes written to this link and not acknowledged. */
  inFlightBytes: number
  /** Number of the control frame, and of the DATA frame, that this link writes next. */
  nextControl: number
  nextBulk: number
  rate: DeliveryRate
  lastHeardMs: number
  lastSentMs: number
  /** The longest idle time before something was written since the peer was last heard … */
  idleMs: number
  /** … up to the first frame the peer must answer. */
  isAnswerDue: boolean
  isPollAsked: boolean
  /** The PING that was sent last and not answered. */
  ping: { readonly token: number; readonly sentMs: number } | undefined
  /** PINGs that are still sent one after the other to measure a new link. */
  probesLeft: number
  /** The shortest time between a PING and its PONG on this link; undefined: none yet. */
  roundTripMs: number | undefined
  isPongDue: boolean
  pongToken: number
  /** Chunks that this step writes. */
  out: Uint8Array[]
  outBytes: number
  outWantsAnswer: boolean
}

export interface SendHalf {
  /** The writer's piece, lent until all of it is taken; how much of it is not. */
  pending: Uint8Array | undefined
  pendingBytes: number
  /** The next frame while it is filled, with a place for its head; undefined: nothing is in it. */
  open: Buffer | undefined
  openBytes: number
  /** Bytes framed and not acknowledged. */
  unackedBytes: number
  /** Bytes framed so far; the offset of the next DATA frame. */
  framedBytes: number
  windowLimit: number
  committedBytes: number
  /** Number of our END; 0: not ended. */
  endSeq: number
  lastBulkSeq: number
  isRoomOwed: boolean
  isScheduled: boolean
  isFinished: boolean
}

export interface ReceiveHalf {
  receivedBytes: number
  consumedBytes: number
  windowLimit: number
  windowBytes: number
  /** How much was consumed, and when, at the last look at whether the window is too small. */
  judgedBytes: number
  judgedMs: number
  isStarved: boolean
  committedBytes: number
  /** The peer's END; undefined: not come. */
  end: { readonly offset: number; readonly code: string; readonly text: string } | undefined
  isStopped: boolean
  isEnded: boolean
}

export interface Stream {
  readonly id: number
  readonly send: SendHalf
  readonly receive: ReceiveHalf
}

export interface BulkEntry {
  readonly send: SendHalf
  /** The whole DATA frame. */
  readonly frame: Buffer
  /** Bytes of payload. */
  readonly bytes: number
  mark: SendMark
  /** On how many links it was written. A link that is gone may hold it still. */
  transmissions: number
}

/** Everything that belongs to one session id and is lost with it. */
export interface Exchange {
  readonly control: ReplayQueue<Uint8Array>
  controlBytes: number
  readonly bulk: ReplayQueue<BulkEntry>
  bulkBytes: number
  controlReceived: number
  bulkReceived: number
  /** Bytes of bulk sent and received so far; what must be sent again counts once. */
  bulkSentBytes: number
  bulkReceivedBytes: number
  /** What the peer was last told of them. */
  controlAcked: number
  bulkAcked: number
  unackedReceivedBytes: number
  ackDueMs: number
  readonly streams: Map<number, Stream>
  /** Streams with something to send and a window, in turn. */
  ready: Stream[]
  /** Streams whose END is sent and not acknowledged. */
  readonly ending: Set<Stream>
  readonly dirtyWindows: Set<Stream>
  /** COMMIT positions to tell, also of finished streams. */
  readonly dirtyCommits: Set<number>
  /** Finished streams: what was committed of them here, and there. */
  readonly finished: Map<number, { committed: number; peerCommitted: number; readonly sent: number; readonly received: number }>
  peerLastStream: number
  peerLastRequest: number
  /** Requests the peer asked and we have not answered, and the reverse. */
  readonly peerRequests: Set<number>
  readonly ownRequests: Set<number>
  /** Parts of packets that are not complete. */
  readonly parts: Map<number, { readonly packet: PacketKind; readonly service: string; readonly bodies: Uint8Array[]; bytes: number }>
  /** The peer is known to have accepted this session: something came on it after the handshake. */
  isConfirmed: boolean
}

export interface Session {
  readonly options: SessionOptions
  readonly heartbeatMs: number
  readonly deadAfterMs: number
  readonly sessionHoldMs: number
  readonly path: PathLearning
  mode: 'new' | 'running' | 'ended'
  nowMs: number
  links: Map<LinkId, Link>
  live: Link | undefined
  /** 16 bytes; undefined: no session yet. */
  sessionId: Uint8Array | undefined
  epoch: number
  attempt: number
  exchange: Exchange
  nextStream: number
  nextRequest: number
  peerHeartbeatMs: number
  /** Server: the instance that has the session, and its machine. */
  peerInstance: string | undefined
  peerMachine: string | undefined
  peerAttempt: number
  /** Instances that another one replaced, and how often each came back. */
  replacedInstances: Map<string, number>
  /** When the last live link was lost; undefined while one is live. */
  linkLostMs: number | undefined
  dial: { startedMs: number; isWaiting: boolean; failures: number; pauseMs: number; knownConnectMs: number | undefined }
  wakeArmedMs: number
  pingCount: number
  effects: SessionEffect[]
}

/** What a peer did that ends the session: the code and text go out in GOAWAY. */
export class PeerBreach extends Error {
  readonly code: GoawayCode

  constructor(code: GoawayCode, text: string) {
    super(text)
    this.code = code
  }
}

/** The breach in what a frame decoder threw; anything else is a defect of ours and goes on up. */
export function breachOf(error: unknown): PeerBreach {
  if (error instanceof PeerBreach) return error
  if (error instanceof Fault && error.code === 'wire-malformed') return new PeerBreach('malformed', error.message)
  throw error
}

export function createExchange(): Exchange {
  return {
    control: new ReplayQueue(),
    controlBytes: 0,
    bulk: new ReplayQueue(),
    bulkBytes: 0,
    controlReceived: 0,
    bulkReceived: 0,
    bulkSentBytes: 0,
    bulkReceivedBytes: 0,
    controlAcked: 0,
    bulkAcked: 0,
    unackedReceivedBytes: 0,
    ackDueMs: Number.POSITIVE_INFINITY,
    streams: new Map(),
    ready: [],
    ending: new Set(),
    dirtyWindows: new Set(),
    dirtyCommits: new Set(),
    finished: new Map(),
    peerLastStream: 0,
    peerLastRequest: 0,
    peerRequests: new Set(),
    ownRequests: new Set(),
    parts: new Map(),
    isConfirmed: false,
  }
}

export function createStream(id: number): Stream {
  return {
    id,
    send: { pending: undefined, pendingBytes: 0, open: undefined, openBytes: 0, unackedBytes: 0, framedBytes: 0, windowLimit: WINDOW_BYTES_FIRST, committedBytes: 0, endSeq: 0, lastBulkSeq: 0, isRoomOwed: false, isScheduled: false, isFinished: false },
    receive: { receivedBytes: 0, consumedBytes: 0, windowLimit: WINDOW_BYTES_FIRST, windowBytes: WINDOW_BYTES_FIRST, judgedBytes: 0, judgedMs: 0, isStarved: false, committedBytes: 0, end: undefined, isStopped: false, isEnded: false },
  }
}

/** Numbers a control frame and keeps it until it is acknowledged. The pump writes it. */
export function queueControl(session: Session, build: (seq: number) => ControlFrame): number {
  const { exchange } = session
  const seq = exchange.control.lastSeq + 1
  const chunk = encodeFrame(build(seq))
  exchange.control.push(chunk)
  exchange.controlBytes += chunk.length
  return seq
}

/** Gives back what a stream's window took from the shared budget. */
export function releaseWindow(session: Session, stream: Stream): void {
  session.options.receiveBudget.usedBytes -= stream.receive.windowBytes - WINDOW_BYTES_FIRST
  stream.receive.windowBytes = WINDOW_BYTES_FIRST
}

/** Forgets a stream once both its directions are over, but for its COMMIT positions. */
export function forgetIfOver(session: Session, stream: Stream): void {
  if (!stream.send.isFinished || !stream.receive.isEnded) return
  const { exchange } = session
  releaseWindow(session, stream)
  exchange.streams.delete(stream.id)
  exchange.dirtyWindows.delete(stream)
  exchange.finished.set(stream.id, { committed: stream.receive.committedBytes, peerCommitted: stream.send.committedBytes, sent: stream.send.framedBytes, received: stream.receive.receivedBytes })
  if (exchange.finished.size <= FINISHED_STREAMS_MAX) return
  const oldest = exchange.finished.keys().next().value
  if (oldest !== undefined) exchange.finished.delete(oldest)
}

/** Ends all streams and requests. The session object goes on without a session id; queued work is gone. */
export function resetExchange(session: Session, code: GoawayCode, text: string): void {
  const { exchange } = session
  for (const stream of exchange.streams.values()) releaseWindow(session, stream)
  session.options.replayBudget.usedBytes -= exchange.bulkBytes
  session.exchange = createExchange()
  session.sessionId = undefined
  session.epoch = 0
  session.effects.push({ kind: 'reset', code, text })
}

/** Number of bytes of bulk and control the peer has not acknowledged. */
export function unacknowledgedBytes(session: Session): number {
  return session.exchange.bulkBytes + session.exchange.controlBytes
}
