// What goes into and comes out of the tether session, the pure state machine of src/transport/tether/session.ts. The shell owns
// sockets, TLS, timers and the Connection objects; it turns what happens into events, calls `step` and carries out the effects in
// their order. Nothing here does I/O or reads a clock. docs/protocol/tether.md describes what a peer sees of it.

import type { BufferPool } from '../../kernel/buffer-pool.ts'
import type { RenewPhase } from '../../wire/tether/frame.ts'
import type { GoawayCode } from '../../wire/tether/goaway.ts'

/** Chosen by the shell, unique in the life of a session object, never reused. */
export type LinkId = number
/** Odd: opened by the agent. Even: opened by the server. From `allocateStream` or `stream-opened`. */
export type StreamId = number
/** Odd: asked by the agent. Even: asked by the server. From `allocateRequest` or `packet` with kind `req`. */
export type RequestId = number

/**
 * Bytes that all sessions of one process share. Create one of each kind per process and give it to every session; only sessions
 * change `usedBytes`.
 */
export interface SharedBudget {
  readonly limitBytes: number
  usedBytes: number
}

/** Versions of the protocol one side speaks; both use the highest common one. */
export interface VersionRange {
  readonly versionMin: number
  readonly versionMax: number
}

export interface SessionOptions {
  readonly role: 'agent' | 'server'
  /** Protocol versions this side speaks; both sides use the highest common one. Default: VERSION_MIN to VERSION_MAX. */
  readonly versionMin?: number
  readonly versionMax?: number
  /** 16 bytes that stay with the machine (a hash of /etc/machine-id). */
  readonly machineId: Uint8Array
  /** 16 random bytes drawn at every start of the process. */
  readonly instanceId: Uint8Array
  /** Name and version of the program, for people. */
  readonly program: string
  /** Agent: its own host name. Server: the name the agent is known by; it is told in WELCOME, so a renamed host learns its name. */
  readonly hostName: string
  /** Fresh random bytes for session ids, and for jitter. Only called by the server, once a new session. */
  readonly randomBytes: (count: number) => Uint8Array
  readonly heartbeatMs?: number
  readonly deadAfterMs?: number
  readonly sessionHoldMs?: number
  readonly replayBudget: SharedBudget
  readonly receiveBudget: SharedBudget
  /** Where the buffers of bulk come from, for all sessions of the process. */
  readonly buffers: BufferPool
}

/** How a TCP/TLS link ended, as the shell saw it. */
export type LinkLoss = 'closed' | 'reset' | 'timeout' | 'failed'

export type SessionEvent =
  // What happens to links
  /** Agent: a dialled link finished TLS and the server's key is the pinned one. Server: an accepted link whose key belongs to this peer. */
  | { readonly kind: 'link-up'; readonly link: LinkId }
  /** Bytes as they came from the link, in order, lent for the time of the step. For a server, the shell passes on everything from HELLO on. */
  | { readonly kind: 'bytes'; readonly link: LinkId; readonly chunk: Uint8Array }
  /** So many bytes of earlier `send` effects have left the process (write callback). */
  | { readonly kind: 'drained'; readonly link: LinkId; readonly bytes: number }
  /** The link is gone. Also after `close-link`, where it is ignored. */
  | { readonly kind: 'link-down'; readonly link: LinkId; readonly loss: LinkLoss; readonly text: string }
  /** A dial that the last `dial` effect asked for came to nothing. */
  | { readonly kind: 'dial-failed'; readonly text: string }
  // Time
  /** Start: the first event of an agent, and of a server's session object. */
  | { readonly kind: 'start' }
  /** The time of the last `wake` effect has come. Early or surplus wakes do no harm. */
  | { readonly kind: 'wake' }
  /** What was waiting on the sockets when `poll` was asked for has been passed on as `bytes`. */
  | { readonly kind: 'poll-done' }
  // What the program wants. Never while the session is `ended`.
  | { readonly kind: 'request'; readonly request: RequestId; readonly service: string; readonly body: string }
  | { readonly kind: 'reply'; readonly request: RequestId; readonly packet: 'prep' | 'rep' | 'nak'; readonly body: string }
  /** The asking side gives a request up. */
  | { readonly kind: 'cancel'; readonly request: RequestId }
  /** Opens a stream, in both directions. `request` is the request it belongs to (0: none). */
  | { readonly kind: 'open'; readonly stream: StreamId; readonly request: RequestId }
  /** Lends bytes until the answer, one `room` (or `reset`, `stopped`); write again only after it. Pieces may be of any size. */
  | { readonly kind: 'write'; readonly stream: StreamId; readonly piece: Uint8Array }
  /** Ends our direction. `code` '' is the good end; otherwise a fault code, and what was not sent yet is dropped. */
  | { readonly kind: 'end'; readonly stream: StreamId; readonly code: string; readonly text: string }
  /** Gives up reading the peer's direction. */
  | { readonly kind: 'stop'; readonly stream: StreamId; readonly code: string; readonly text: string }
  /** So many delivered bytes have been taken by the reader. */
  | { readonly kind: 'consumed'; readonly stream: StreamId; readonly bytes: number }
  /** The first `offset` bytes received on this stream are durable. Absolute. */
  | { readonly kind: 'commit'; readonly stream: StreamId; readonly offset: number }
  /** Offers the peer our next public key (SPKI, DER), accepts the one it offered, or asks it to offer one (no key). */
  | { readonly kind: 'renew'; readonly phase: RenewPhase; readonly spki: Uint8Array }
  /** Agent: dials another link beside the live one and lets it take over, because our key has changed. Streams go on. */
  | { readonly kind: 'relink' }
  /** Ends the session for good, with GOAWAY if there is a link. */
  | { readonly kind: 'close'; readonly code: GoawayCode; readonly text: string }

/** What people and the doctor are told. */
export type LinkTold =
  | { readonly kind: 'link-lost'; readonly link: LinkId; readonly why: LinkLoss | GoawayCode; readonly text: string; readonly idleMs: number; readonly unacknowledgedBytes: number }
  /** The path needs a shorter heartbeat. `fatalIdleMs` undefined: the other side found it out. */
  | { readonly kind: 'path-learned'; readonly heartbeatMs: number; readonly fatalIdleMs?: number }
  | { readonly kind: 'path-relaxed'; readonly heartbeatMs: number }
  | { readonly kind: 'clone-seen'; readonly text: string }
  | { readonly kind: 'link-refused'; readonly link: LinkId; readonly code: GoawayCode; readonly text: string }

export type SessionEffect =
  // To links
  /** Write these chunks, in order. A frame begins at the start of a chunk. A chunk stays as it is until the peer has it. Report `drained` as they leave. */
  | { readonly kind: 'send'; readonly link: LinkId; readonly chunks: readonly Uint8Array[]; readonly bytes: number }
  /** Close the link after what was sent is flushed (at most some seconds), then forget it. */
  | { readonly kind: 'close-link'; readonly link: LinkId; readonly code: GoawayCode; readonly text: string }
  /** Agent only. After `afterMs`, dial; give up (and report `dial-failed`) when TCP and TLS are not up after `connectMs`. Replaces an earlier `dial` that has not started. */
  | { readonly kind: 'dial'; readonly afterMs: number; readonly connectMs: number }
  /** Call `step` with `wake` at `atMs`. Replaces the earlier `wake`: one timer is enough. */
  | { readonly kind: 'wake'; readonly atMs: number }
  /** Call `step` with `poll-done` after the poll phase that is running or comes next is complete (Clock.afterPoll). */
  | { readonly kind: 'poll' }
  // To the program
  /** A link carries the session. `isResumed` false: the session is new; a `reset` went before if there was another. `resentBytes`: bulk of both
   * directions that goes a second time; what was queued while there was no link does not count. */
  | { readonly kind: 'established'; readonly link: LinkId; readonly isResumed: boolean; readonly version: number; readonly session: string; readonly epoch: number; readonly peerProgram: string; readonly hostName: string; readonly resentBytes: number }
  /** All streams and requests of the session are gone, for this reason. The session object goes on and may get a new session. */
  | { readonly kind: 'reset'; readonly code: GoawayCode; readonly text: string }
  /** The session object has ended for good (after `close`). Comes after `reset`. */
  | { readonly kind: 'ended'; readonly code: GoawayCode; readonly text: string }
  | { readonly kind: 'packet'; readonly request: RequestId; readonly packet: 'req' | 'prep' | 'rep' | 'nak' | 'cancel'; readonly service: string; readonly body: string }
  | { readonly kind: 'stream-opened'; readonly stream: StreamId; readonly request: RequestId }
  /** Bytes of the stream, in order, exactly once. The piece is the reader's; its buffer may go back to the pool. Report `consumed` as the reader takes them. */
  | { readonly kind: 'deliver'; readonly stream: StreamId; readonly piece: Buffer }
  /** The peer's direction has ended, after all its bytes were delivered. `code` '' is the good end. */
  | { readonly kind: 'stream-ended'; readonly stream: StreamId; readonly code: string; readonly text: string }
  /** The answer to one `write`: there is room for another. */
  | { readonly kind: 'room'; readonly stream: StreamId }
  /** The peer gave up reading our direction: write no more; a waiting `write` gets no `room`. The session has sent END itself. */
  | { readonly kind: 'stopped'; readonly stream: StreamId; readonly code: string; readonly text: string }
  /** Our direction is over: the peer has received all bytes and the END. */
  | { readonly kind: 'finished'; readonly stream: StreamId }
  | { readonly kind: 'committed'; readonly stream: StreamId; readonly offset: number }
  /** The peer offers its next key (answer with `renew` accept once it is stored), accepted ours, or asks us to offer one. */
  | { readonly kind: 'renewed'; readonly phase: RenewPhase; readonly spki: Uint8Array }
  | { readonly kind: 'told'; readonly told: LinkTold }
