// A transport without a wire: requests go straight to the handler of a host in the same process, streams are bounded pipes. For tests
// of the service layer and for the simulator. It keeps every end's reason and never loses anything, so what fails over it fails for a
// reason of its own.

import { createBytePipe, type BytePipe } from '../kernel/byte-pipe.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import { BoundedQueue } from '../kernel/queue.ts'
import type { ByteStream, Connection, IncomingRequest, Packet, Peer, RequestHandler, ServiceName, StreamHandle, Transport } from './contract.ts'

/** Bytes that one direction of a stream holds: a tether's first window. */
const PIPE_BYTES = 256 * 1024
/** Packets of one request that wait for their reader; progress packets beyond are left out, since a later one repeats them. */
const PACKETS_MAX = 16

/** One end of a stream: reads from one pipe, writes to the other. */
class MemoryStream implements ByteStream {
  readonly handle: StreamHandle
  readonly #incoming: BytePipe
  readonly #outgoing: BytePipe
  #committed = 0
  #isEnded = false
  #stopped: Fault | undefined
  #onStopped: (reason: Fault) => void = () => {}
  other: MemoryStream | undefined

  constructor(handle: StreamHandle, incoming: BytePipe, outgoing: BytePipe) {
    this.handle = handle
    this.#incoming = incoming
    this.#outgoing = outgoing
  }

  read = (): Promise<Uint8Array | null> => this.#incoming.read()
  cancel = (reason: Fault): void => {
    this.#incoming.cancel(reason)
    this.other?.tellStopped(reason)
  }
  write = (piece: Uint8Array): Promise<void> => this.#outgoing.write(piece)
  end = async (): Promise<void> => {
    await this.#outgoing.end()
    this.#isEnded = true
  }
  fail = (reason: Fault): void => this.#outgoing.fail(reason)

  commit(bytes: number): void {
    this.#committed = Math.max(this.#committed, bytes)
  }

  onStopped(listener: (reason: Fault) => void): void {
    this.#onStopped = listener
    if (this.#stopped !== undefined) listener(this.#stopped)
  }

  /** The other end does not read any more. */
  tellStopped(reason: Fault): void {
    if (this.#isEnded || this.#stopped !== undefined) return
    this.#stopped = reason
    this.#onStopped(reason)
  }

  committedBytes(): number {
    return this.other === undefined ? 0 : this.other.#committed
  }
}

class MemoryConnection implements Connection {
  readonly peer: Peer
  readonly closed: Promise<Fault>
  readonly #initiator: Peer
  readonly #handler: RequestHandler
  readonly #untaken = new Map<StreamHandle, MemoryStream>()
  readonly #ends = new Set<MemoryStream>()
  readonly #controllers = new Set<AbortController>()
  readonly #waiting = new Set<BoundedQueue<Packet>>()
  #nextHandle = 1
  #over: Fault | undefined
  #tellClosed: (reason: Fault) => void = () => {}

  constructor(host: string, initiator: Peer, handler: RequestHandler) {
    this.peer = { host }
    this.#initiator = initiator
    this.#handler = handler
    this.closed = new Promise((resolve) => (this.#tellClosed = resolve))
  }

  async *request(service: ServiceName, body: string, signal?: AbortSignal): AsyncGenerator<Packet> {
    if (this.#over !== undefined) throw this.#over
    if (signal?.aborted === true) throw new Fault('cancelled', `the request ${service} was cancelled`)
    const packets = new BoundedQueue<Packet>(PACKETS_MAX)
    const controller = new AbortController()
    this.#waiting.add(packets)
    this.#controllers.add(controller)
    const giveUp = (): void => {
      const reason = new Fault('cancelled', `the request ${service} was cancelled`)
      packets.close(reason)
      controller.abort(reason)
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    let isOver = false
    try {
      void this.#serve(service, body, packets, controller.signal).finally(() => this.#controllers.delete(controller))
      while (!isOver) {
        const packet = await packets.shift()
        if (packet === undefined) return
        isOver = packet.kind !== 'prep'
        yield packet
      }
    } finally {
      signal?.removeEventListener('abort', giveUp)
      this.#waiting.delete(packets)
      if (!isOver) controller.abort(new Fault('cancelled', 'the initiator gave the request up'))
    }
  }

  stream(handle: StreamHandle): ByteStream {
    if (this.#over !== undefined) throw this.#over
    const stream = this.#untaken.get(handle)
    if (stream === undefined) throw new Fault('wire-malformed', `stream ${handle} was not announced or is taken already`)
    this.#untaken.delete(handle)
    return stream
  }

  close(reason: Fault): Promise<void> {
    if (this.#over !== undefined) return Promise.resolve()
    this.#over = reason
    for (const packets of this.#waiting) packets.close(reason)
    for (const controller of this.#controllers) controller.abort(reason)
    for (const stream of this.#ends) {
      stream.fail(reason)
      stream.cancel(reason)
    }
    this.#ends.clear()
    this.#untaken.clear()
    this.#tellClosed(reason)
    return Promise.resolve()
  }

  async #serve(service: string, body: string, packets: BoundedQueue<Packet>, signal: AbortSignal): Promise<void> {
    let isAnswered = false
    const reply = (kind: Packet['kind'], text: string): void => {
      if (isAnswered || (kind === 'prep' && packets.count >= PACKETS_MAX - 1)) return
      isAnswered = kind !== 'prep'
      // A queue that was closed has a reader who knows why.
      packets.push({ kind, body: text }).catch(() => {})
    }
    const request: IncomingRequest = {
      service, body, signal, peer: this.#initiator,
      openStream: () => this.#openStream(),
      prep: (text) => reply('prep', text),
      rep: (text) => reply('rep', text),
      nak: (text) => reply('nak', text),
    }
    try {
      await this.#handler(request)
      reply('nak', 'ERROR the service ended without an answer\n')
    } catch (error) {
      reply('nak', `ERROR ${faultOf(error).message}\n`)
    }
  }

  #openStream(): ByteStream {
    if (this.#over !== undefined) throw this.#over
    const handle = this.#nextHandle++
    const there = createBytePipe(PIPE_BYTES)
    const back = createBytePipe(PIPE_BYTES)
    const acceptor = new MemoryStream(handle, there, back)
    const initiator = new MemoryStream(handle, back, there)
    acceptor.other = initiator
    initiator.other = acceptor
    this.#ends.add(acceptor).add(initiator)
    this.#untaken.set(handle, initiator)
    return acceptor
  }
}

/** A transport to `hosts`, each served by its handler. */
export function createMemoryTransport(hosts: ReadonlyMap<string, RequestHandler>): Transport {
  return {
    connect(host, signal) {
      if (signal.aborted) return Promise.reject(new Fault('cancelled', `connecting to ${host} was cancelled`))
      const handler = hosts.get(host)
      if (handler === undefined) return Promise.reject(new Fault('host-unknown', `no agent is enrolled for ${host}`))
      return Promise.resolve(new MemoryConnection(host, { host: 'server' }, handler))
    },
  }
}
