// One connection under a tether, as the shell sees it: bytes out, bytes in, and an end with a reason. TLS (tls-link.ts), the in-memory
// pair (memory-link.ts) and the simulator implement it. A link knows nothing of frames and sessions.

import type { LinkLoss } from './session-types.ts'

/** What a link tells its owner. Never called from inside a method of the link. */
export interface LinkSink {
  /** Bytes as they came, in order, lent for the time of the call. */
  bytes(chunk: Uint8Array): void
  /** So many bytes given to `send` have left the process. */
  drained(bytes: number): void
  /** The link is gone. Told once, also after `close`. */
  down(loss: LinkLoss, text: string): void
}

export interface RawLink {
  /** Writes the chunks in order. They stay as they are until the peer has what is in them, or the link is gone. */
  send(chunks: readonly Uint8Array[], bytes: number): void
  /** Writes what was given and ends the link; cuts it off when that takes longer than CLOSE_MS_MAX. */
  close(): void
  /** Begins to tell. Called once, before anything else; what came earlier is told then. */
  attach(sink: LinkSink): void
}

/** Milliseconds that a link which is being closed may take to write what it was given. */
export const CLOSE_MS_MAX = 3000

/** The agent's way to a new link. */
export interface LinkDialer {
  /** Resolves when the link is up and the peer's key is the pinned one. Rejects, at the latest after `connectMs`. */
  dial(connectMs: number): Promise<RawLink>
}
