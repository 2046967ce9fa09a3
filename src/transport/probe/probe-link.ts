// What a measurement needs of the machine, as contracts: connections that tell how they ended, and the few ways to make one. The sockets behind
// them are in probe-sockets.ts; tests have others.

import type { ProbeEnd } from '../../wire/probe/frame.ts'

/** What a pipe tells its owner. Never called from inside a method of the pipe. */
export interface PipeSink {
  /** Lent for the time of the call. */
  bytes(chunk: Uint8Array): void
  /** There is room again after `isClogged`. */
  drained(): void
  /** It is gone, told once, also after `close`. */
  down(end: ProbeEnd, text: string): void
}

/** Bytes both ways. */
export interface ProbePipe {
  send(bytes: Uint8Array): void
  /** More lies in its queue than should. */
  readonly isClogged: boolean
  /** Before anything else; what came before is told then. A later sink takes over from an earlier one. */
  attach(sink: PipeSink): void
  close(): void
}

export interface ProbeLink extends ProbePipe {
  /** `address:port` of both ends as this end sees them. */
  readonly local: string
  readonly remote: string
  setKeepAlive(intervalMs: number): void
}

export type DialOutcome = { readonly kind: 'link'; readonly link: ProbeLink } | { readonly kind: 'end'; readonly end: ProbeEnd; readonly text: string }

export interface KnockOutcome {
  readonly end: ProbeEnd
  readonly text: string
}

export interface ProbeNetwork {
  /** A connection to the acceptor's port. Never rejects. */
  dial(security: 'plain' | 'tls', limitMs: number): Promise<DialOutcome>
  /** Whether a TCP connection comes up; it is closed at once. Never rejects. */
  knock(host: string, port: number, limitMs: number): Promise<KnockOutcome>
  /** Opens a port for so long, at which whoever connects is let in and sent away. Resolves with its number. */
  listen(limitMs: number): Promise<number>
}
