// What carries tokens: bytes both ways, in order, with an end. A TCP connection (socket-pipe.ts) or a program's input and output (child-pipe.ts).

export interface TokenPipeEvents {
  /** The piece is given away. */
  readonly onBytes: (piece: Uint8Array) => void
  /** There is room again after `needsDrain`. */
  readonly onDrain: () => void
  /** Nothing will come any more. `cause`: what the system said, in Amanda's words, or UNEXPECTED_END. Once, and not after `close`. */
  readonly onLost: (cause: string) => void
}

export interface TokenPipe {
  /** Begins to read. Once. */
  attach(events: TokenPipeEvents): void
  /** Sends both, one behind the other; they are kept until they are sent. */
  send(head: Uint8Array, payload: Uint8Array): void
  /** So much waits to be sent that a writer waits for `onDrain`. */
  readonly needsDrain: boolean
  readonly isPaused: boolean
  pause(): void
  resume(): void
  /** Everything that was sent goes out first, if `isGraceful`. What still comes is dropped. */
  close(isGraceful: boolean): void
}

/** A peer that takes nothing any more, or a program that does not end, is waited for no longer. */
export const CLOSING_MS_MAX = 5000

/** How the end of a connection reads that nobody expected. */
export const UNEXPECTED_END = 'EOF'
