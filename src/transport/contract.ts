// What every transport offers, whatever carries it: requests in Amanda's form (REQ → PREP* → REP or NAK) and byte streams that the
// REP announces. The service layer above is written once; tether, bsdtcp, bsdudp, bsd, ssh, ssl and local all pass one suite
// (conformance.ts). A transport never reports an end without a reason.

import type { ByteSink, ByteSource } from '../kernel/byte-stream.ts'
import type { Fault } from '../kernel/fault.ts'

/** Services of Amanda's agents and ours (`probe`, `compare`): the names a REQ may carry. */
export type ServiceName = 'noop' | 'selfcheck' | 'sendsize' | 'sendbackup' | 'restore' | 'probe' | 'compare'

/** An answer. `prep` is a part of a reply that is still growing and holds all text so far; `rep` and `nak` end the request. */
export interface Packet {
  readonly kind: 'prep' | 'rep' | 'nak'
  readonly body: string
}

/** The number that a CONNECT line of a REP gives for a stream. */
export type StreamHandle = number

/** Both directions of one stream. Each direction ends by itself. */
export interface ByteStream extends ByteSource, ByteSink {
  readonly handle: StreamHandle
  /**
   * Says that the first `bytes` bytes read from this stream are durable (written and synced). Absolute, never decreasing.
   * A transport that cannot tell its peer ignores it.
   */
  commit(bytes: number): void
  /** How many of the bytes written to this stream the peer has called durable. 0 where the transport cannot know. */
  committedBytes(): number
  /**
   * Calls `listener` when nothing that is written will be read any more: the peer gave the stream up, or it is lost. So a writer who is silent
   * learns it too. At once, if it is so already; never after a good end that the peer has.
   */
  onStopped(listener: (reason: Fault) => void): void
}

export interface Peer {
  /** The name the peer is known by here. */
  readonly host: string
  /** Fingerprint of the peer's public key, where the transport has one. */
  readonly keyFingerprint?: string
}

/** A REQ that arrived. Exactly one of `rep` and `nak` ends it. */
export interface IncomingRequest {
  readonly service: string
  readonly body: string
  readonly peer: Peer
  /** Aborts when the initiator gave up or the connection ended for good. */
  readonly signal: AbortSignal
  /** Makes a stream whose handle a following `rep` announces. */
  openStream(): ByteStream
  prep(body: string): void
  rep(body: string): void
  nak(body: string): void
}

/** Serves one request. What it throws becomes a NAK, if nothing was answered yet. */
export type RequestHandler = (request: IncomingRequest) => Promise<void>

export interface Connection {
  readonly peer: Peer
  /** Sends a REQ. The packets end with `rep` or `nak`; a connection that ends for good throws its Fault. `signal` gives the request up. */
  request(service: ServiceName, body: string, signal?: AbortSignal): AsyncIterable<Packet>
  /** The stream that a REP of this connection announced. Each handle can be taken once. */
  stream(handle: StreamHandle): ByteStream
  /** Ends the connection and all its streams with `reason`. */
  close(reason: Fault): Promise<void>
  /** Resolves with the reason when the connection has ended for good. */
  readonly closed: Promise<Fault>
}

/** The initiator's side. */
export interface Transport {
  /** A connection to `host`; rejects with the Fault that says why there is none when `signal` aborts or the transport gives up. */
  connect(host: string, signal: AbortSignal): Promise<Connection>
}
