// bsdudp and bsd: packets are datagrams, streams are TCP connections to ports that the REP names: with bsdudp one, which carries all streams in
// tokens and whose port is the handle of the first stream; with bsd one for each stream.

import type dgram from 'node:dgram'
import type net from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { decodeDatagram, encodeDatagram, type AmandaPacket } from '../../wire/amanda/packet.ts'
import { bareStream } from './bare-stream.ts'
import type { Carrier, CarrierHooks } from './client-connection.ts'
import { socketErrorText } from './socket-errors.ts'
import { socketPipe } from './socket-pipe.ts'
import type { AmandaStream } from './stream.ts'
import { TokenLink } from './token-link.ts'

export interface UdpCarrierOptions {
  readonly host: string
  readonly auth: 'bsdudp' | 'bsd'
  readonly datagrams: dgram.Socket
  readonly clock: Clock
  /** The same for all packets of this connection. */
  readonly sequence: number
  /** Connects to a port that the client named. */
  readonly dialStream: (port: number) => Promise<net.Socket>
}

const HANDLE_DIGITS = 8
/** Leaves room for the first line; `encodeDatagram` watches the bytes. */
const REQUEST_CHARACTERS_MAX = 65_000

function handleText(handle: number): string {
  return `000-${handle.toString(16).padStart(HANDLE_DIGITS, '0')}`
}

class UdpCarrier implements Carrier {
  readonly #options: UdpCarrierOptions
  readonly #hooks: CarrierHooks
  readonly #sockets: net.Socket[] = []
  #link: TokenLink | undefined
  #silence: string | undefined
  #isClosed = false

  constructor(options: UdpCarrierOptions, hooks: CarrierHooks) {
    this.#options = options
    this.#hooks = hooks
    const { datagrams } = options
    datagrams.on('message', (bytes) => this.#take(bytes))
    // A port where nobody listens now may have somebody in a moment: inetd waits for the amandad before. Tries and timeouts decide.
    datagrams.on('error', (error) => (this.#silence = socketErrorText(error)))
  }

  sendPacket(handle: number, packet: AmandaPacket): void {
    if (this.#isClosed) return
    if (packet.body.length > REQUEST_CHARACTERS_MAX) {
      throw new Fault('config-invalid', `Request to ${this.#options.host} failed: ${packet.body.length} characters in one packet of UDP: Message too long`, { next: 'Let the host have `auth: bsdtcp`, which has no such limit, or list fewer disks of it.' })
    }
    const bytes = encodeDatagram({ ...packet, handle: handleText(handle), sequence: this.#options.sequence })
    this.#options.datagrams.send(bytes, (error) => {
      if (error != null) this.#silence = socketErrorText(error)
    })
  }

  forget(): void {
    // A copy of the REP may still ask for its ACK.
  }

  whySilent(): string | undefined {
    return this.#silence
  }

  async openStreams(named: readonly (readonly [AmandaStream['name'], number])[]): Promise<readonly AmandaStream[]> {
    const { auth, clock } = this.#options
    if (auth === 'bsd') {
      const streams = await Promise.all(named.map(async ([name, port]) => bareStream(await this.#dial(port, name), port, name, clock, (stream, cause) => this.#hooks.onLost(cause, stream))))
      return streams
    }
    const [first] = named
    if (first === undefined) return []
    const link = new TokenLink(socketPipe(await this.#dial(first[1], first[0]), clock), clock, { onPacket: () => undefined, onLost: (cause) => this.#hooks.onLost(cause) })
    this.#link = link
    return named.map(([name, handle]) => link.addStream(handle, name))
  }

  close(isGraceful: boolean): void {
    this.#isClosed = true
    this.#link?.close(isGraceful)
    for (const socket of this.#sockets) {
      if (isGraceful) socket.destroySoon()
      else socket.destroy()
    }
    this.#options.datagrams.close()
  }

  async #dial(port: number, name: string): Promise<net.Socket> {
    try {
      const socket = await this.#options.dialStream(port)
      if (this.#isClosed) socket.destroy()
      else if (this.#options.auth === 'bsd') this.#sockets.push(socket)
      return socket
    } catch (error) {
      if (error instanceof Fault && error.code !== 'agent-unreachable') throw error
      throw new Fault('agent-unreachable', `could not connect ${name} stream: can't connect stream to ${this.#options.host} port ${port}: ${socketErrorText(error)}`, { cause: error, next: 'Let the ports that the client names (unreserved-tcp-port, with Debian 50000 to 50100) pass from the server to the client.' })
    }
  }

  #take(bytes: Uint8Array): void {
    let datagram
    try {
      datagram = decodeDatagram(bytes)
    } catch {
      // Anybody can send datagrams.
      return
    }
    const { handle, sequence, kind, body } = datagram
    const match = /^000-([0-9a-f]{8})$/.exec(handle)
    if (match === null || sequence !== this.#options.sequence) return
    this.#hooks.onPacket(Number.parseInt(match[1] ?? '', 16), { kind, body })
  }
}

export function udpCarrier(options: UdpCarrierOptions, hooks: CarrierHooks): Carrier {
  return new UdpCarrier(options, hooks)
}
