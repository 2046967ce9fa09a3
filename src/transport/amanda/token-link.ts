// Packets and streams in tokens over one pipe: all of bsdtcp, ssh and local, and the streams of bsdudp. One reader for all: while the reader of one
// stream is behind, nothing is read, as with Amanda's own programs. An end of the connection that the streams did not announce is a loss.

import type { Clock } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { StreamName } from '../../wire/amanda/connect-reply.ts'
import { DATA_TOKEN_BYTES_MAX, TokenReader, TOKEN_BYTES_MAX, encodeTokenHead, type TokenPart } from '../../wire/amanda/token.ts'
import { AmandaStream } from './stream.ts'
import type { TokenPipe } from './token-pipe.ts'

export interface TokenLinkHooks {
  /** A token of a handle that is no stream: a packet. */
  readonly onPacket: (handle: number, payload: Uint8Array) => void
  /** `cause`: what the system said, in Amanda's words; once, and not after `close`. */
  readonly onLost: (cause: string) => void
}

export class TokenLink {
  readonly #pipe: TokenPipe
  readonly #clock: Clock
  readonly #hooks: TokenLinkHooks
  readonly #reader = new TokenReader()
  readonly #streams = new Map<number, AmandaStream>()
  /** Parts of the packet that is arriving. */
  #packet: Uint8Array[] = []
  #packetBytes = 0
  #isClosed = false
  #wakeWriters: (() => void)[] = []

  constructor(pipe: TokenPipe, clock: Clock, hooks: TokenLinkHooks) {
    this.#pipe = pipe
    this.#clock = clock
    this.#hooks = hooks
    pipe.attach({
      onBytes: (piece) => this.#take(piece),
      onDrain: () => this.#wake(),
      onLost: (cause) => this.#lose(cause),
    })
  }

  get streams(): Iterable<AmandaStream> {
    return this.#streams.values()
  }

  addStream(handle: number, name: StreamName): AmandaStream {
    const stream = new AmandaStream(handle, name, {
      write: (piece) => this.#write(handle, piece),
      end: () => {
        this.sendEnd(handle)
        this.#dropIfOver(handle)
      },
      onTaken: () => this.#regulate(),
    }, this.#clock)
    this.#streams.set(handle, stream)
    return stream
  }

  send(handle: number, payload: Uint8Array): void {
    if (this.#isClosed) return
    this.#pipe.send(encodeTokenHead(handle, payload.length), payload)
  }

  sendEnd(handle: number): void {
    this.send(handle, new Uint8Array(0))
  }

  /** Everything that was sent goes out first, if `isGraceful`. */
  close(isGraceful: boolean): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#wake()
    this.#pipe.close(isGraceful)
  }

  #lose(cause: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#wake()
    this.#pipe.close(false)
    this.#hooks.onLost(cause)
  }

  async #write(handle: number, piece: Uint8Array): Promise<void> {
    for (let offset = 0; offset < piece.length; offset += DATA_TOKEN_BYTES_MAX) {
      // The piece is lent, and the pipe keeps what it cannot send at once.
      this.send(handle, Uint8Array.from(piece.subarray(offset, offset + DATA_TOKEN_BYTES_MAX)))
      while (this.#pipe.needsDrain && !this.#isClosed) await new Promise<void>((resolve) => this.#wakeWriters.push(resolve))
      if (this.#isClosed) throw new Fault('connection-lost', 'the connection to the client has ended')
    }
  }

  #wake(): void {
    for (const wake of this.#wakeWriters.splice(0)) wake()
  }

  #take(piece: Uint8Array): void {
    try {
      for (const part of this.#reader.push(piece)) this.#takePart(part)
    } catch (error) {
      this.#lose(faultOf(error).message)
      return
    }
    this.#regulate()
  }

  #takePart(part: TokenPart): void {
    const stream = this.#streams.get(part.handle)
    if (part.kind === 'end') {
      stream?.takeEnd()
      this.#dropIfOver(part.handle)
      return
    }
    if (stream !== undefined) {
      stream.take(part.bytes)
      return
    }
    this.#packetBytes += part.bytes.length
    if (this.#packetBytes > TOKEN_BYTES_MAX) throw new Fault('wire-malformed', 'a packet is too long')
    this.#packet.push(part.bytes)
    if (!part.isLast) return
    const payload = Buffer.concat(this.#packet, this.#packetBytes)
    this.#packet = []
    this.#packetBytes = 0
    this.#hooks.onPacket(part.handle, payload)
  }

  #dropIfOver(handle: number): void {
    if (this.#streams.get(handle)?.isOver === true) this.#streams.delete(handle)
  }

  #regulate(): void {
    if (this.#isClosed) return
    const isFull = [...this.#streams.values()].some((stream) => stream.isFull)
    if (isFull === this.#pipe.isPaused) return
    if (isFull) this.#pipe.pause()
    else this.#pipe.resume()
  }
}
