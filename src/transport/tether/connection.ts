// The Connection contract over one tether session: requests, replies and streams. It knows links only as pauses. All its waits end when
// the session does, with the session's reason.

import { BoundedQueue } from '../../kernel/queue.ts'
import type { Clock, Timer } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import type { ByteStream, Connection, IncomingRequest, Packet, Peer, RequestHandler, ServiceName } from '../contract.ts'
import { FINISHED_STREAMS_MAX, PACKETS_WAITING_MAX, UNUSED_STREAM_MS } from './limits.ts'
import { allocateRequest, allocateStream, type Session } from './session.ts'
import type { RequestId, SessionEffect, SessionEvent, StreamId } from './session-types.ts'
import { TetherStream, type StreamEffect } from './stream.ts'

export interface ConnectionOptions {
  readonly peer: Peer
  readonly session: Session
  readonly dispatch: (event: SessionEvent) => void
  readonly handler: RequestHandler
  readonly clock: Clock
  readonly log: Log
}

/** The effects that concern the program; the others are the shell's. */
export type ProgramEffect = StreamEffect | Extract<SessionEffect, { kind: 'packet' | 'stream-opened' }>

interface Incoming {
  readonly controller: AbortController
  /** Opened for it. */
  readonly streams: Set<TetherStream>
  isAnswered: boolean
}

export class TetherConnection implements Connection {
  readonly peer: Peer
  readonly closed: Promise<Fault>
  readonly #options: ConnectionOptions
  readonly #streams = new Map<StreamId, TetherStream>()
  /** Opened by the peer and not yet taken by `stream`, with the request they belong to. */
  readonly #untaken = new Map<StreamId, RequestId>()
  /** Over in both directions; the peer may still call their bytes durable. The newest FINISHED_STREAMS_MAX. */
  readonly #finished = new Map<StreamId, TetherStream>()
  readonly #timers = new Set<Timer>()
  readonly #requests = new Map<RequestId, BoundedQueue<Packet>>()
  readonly #incoming = new Map<RequestId, Incoming>()
  #lost: Fault | undefined
  #resolveClosed: (reason: Fault) => void = () => {}

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.peer = options.peer
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve))
  }

  async *request(service: ServiceName, body: string, signal?: AbortSignal): AsyncGenerator<Packet> {
    if (this.#lost !== undefined) throw this.#lost
    if (signal?.aborted === true) throw new Fault('cancelled', `the request ${service} was cancelled`)
    const id = allocateRequest(this.#options.session)
    const packets = new BoundedQueue<Packet>(PACKETS_WAITING_MAX)
    this.#requests.set(id, packets)
    const onAbort = (): void => packets.close(new Fault('cancelled', `the request ${service} was cancelled`))
    signal?.addEventListener('abort', onAbort, { once: true })
    let isOver = false
    try {
      this.#options.dispatch({ kind: 'request', request: id, service, body })
      for (;;) {
        const packet = await packets.shift()
        if (packet === undefined) return
        isOver = packet.kind !== 'prep'
        yield packet
        if (isOver) return
      }
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#requests.delete(id)
      if (this.#lost === undefined) {
        if (!isOver) this.#options.dispatch({ kind: 'cancel', request: id })
        const untaken = [...this.#untaken].filter(([, request]) => request === id)
        if (untaken.length > 0) this.#later(() => untaken.forEach(([stream]) => this.#dropUntaken(stream)))
      }
    }
  }

  stream(handle: number): ByteStream {
    const stream = this.#streams.get(handle)
    if (this.#lost !== undefined) throw this.#lost
    if (stream === undefined || !this.#untaken.delete(handle)) throw new Fault('wire-malformed', `the peer announced stream ${handle}, which it did not open or which was taken already`)
    return stream
  }

  /** Ends all requests and streams of this connection; the session itself goes on and carries the next connection. */
  close(reason: Fault): Promise<void> {
    for (const id of this.#requests.keys()) this.#options.dispatch({ kind: 'cancel', request: id })
    for (const stream of this.#streams.values()) {
      stream.fail(reason)
      stream.cancel(reason)
    }
    this.lose(reason)
    return Promise.resolve()
  }

  /** The session is gone: everybody who waits is told. */
  lose(reason: Fault): void {
    if (this.#lost !== undefined) return
    this.#lost = reason
    for (const packets of this.#requests.values()) packets.close(reason)
    for (const { controller } of this.#incoming.values()) controller.abort(reason)
    for (const stream of this.#streams.values()) stream.lose(reason)
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#streams.clear()
    this.#finished.clear()
    this.#untaken.clear()
    this.#resolveClosed(reason)
  }

  #later(action: () => void): void {
    const timer = this.#options.clock.setTimer(UNUSED_STREAM_MS, () => {
      this.#timers.delete(timer)
      action()
    })
    this.#timers.add(timer)
  }

  #noteFinished(id: StreamId, stream: TetherStream): void {
    this.#finished.set(id, stream)
    if (this.#finished.size <= FINISHED_STREAMS_MAX) return
    for (const oldest of this.#finished.keys()) {
      this.#finished.delete(oldest)
      return
    }
  }

  /** Carries out one effect of the session. */
  take(effect: ProgramEffect): void {
    switch (effect.kind) {
      case 'packet':
        return effect.packet === 'req' ? this.#serve(effect.request, effect.service, effect.body) : this.#takePacket(effect.request, effect.packet, effect.body)
      case 'stream-opened':
        this.#untaken.set(effect.stream, effect.request)
        this.#addStream(effect.stream)
        // Its name comes with the answer to the request, which a cut may hold up for hours.
        if (!this.#requests.has(effect.request)) this.#later(() => this.#dropUntaken(effect.stream))
        return
      default: {
        const stream = this.#streams.get(effect.stream) ?? this.#finished.get(effect.stream)
        if (stream === undefined) return
        stream.take(effect)
        if (stream.isOver && this.#streams.delete(effect.stream)) this.#noteFinished(effect.stream, stream)
      }
    }
  }

  #addStream(id: StreamId): TetherStream {
    const stream = new TetherStream(id, this.#options.session.options.buffers, (event) => {
      if (this.#lost === undefined) this.#options.dispatch(event)
    })
    this.#streams.set(id, stream)
    return stream
  }

  /** A stream that nobody wants must not hold a place for ever. */
  #dropUntaken(id: StreamId): void {
    if (!this.#untaken.delete(id)) return
    const reason = new Fault('cancelled', `nobody took stream ${id}`)
    const stream = this.#streams.get(id)
    stream?.fail(reason)
    stream?.cancel(reason)
  }

  #takePacket(id: RequestId, kind: 'prep' | 'rep' | 'nak' | 'cancel', body: string): void {
    if (kind === 'cancel') {
      this.#incoming.get(id)?.controller.abort(new Fault('cancelled', 'the initiator gave the request up'))
      return
    }
    // A PREP holds all text so far, so one that finds the queue full can be left out.
    const packets = this.#requests.get(id)
    if (packets === undefined || (kind === 'prep' && packets.count >= PACKETS_WAITING_MAX - 1)) return
    packets.push({ kind, body }).catch(() => {})
  }

  #serve(id: RequestId, service: string, body: string): void {
    const incoming: Incoming = { controller: new AbortController(), streams: new Set(), isAnswered: false }
    this.#incoming.set(id, incoming)
    const reply = (packet: 'prep' | 'rep' | 'nak', text: string): void => {
      if (incoming.isAnswered || this.#lost !== undefined) return
      incoming.isAnswered = packet !== 'prep'
      this.#options.dispatch({ kind: 'reply', request: id, packet, body: text })
    }
    const request: IncomingRequest = {
      service,
      body,
      peer: this.peer,
      signal: incoming.controller.signal,
      openStream: () => this.#openStream(id, incoming),
      prep: (text) => reply('prep', text),
      rep: (text) => reply('rep', text),
      nak: (text) => reply('nak', text),
    }
    const handle = async (): Promise<void> => {
      try {
        await this.#options.handler(request)
        reply('nak', 'ERROR the service ended without an answer\n')
      } catch (error) {
        const fault = faultOf(error)
        if (fault.code === 'internal') this.#options.log.error('a service failed', { service, message: fault.message })
        reply('nak', `ERROR ${fault.message}\n`)
      } finally {
        this.#incoming.delete(id)
        // A service that only reads never ends its own direction; the stream must not hold a place for ever. While the service runs it
        // may still write, however long it has been silent. Who takes a stream ends it with the lease.
        if (incoming.streams.size > 0 && this.#lost === undefined) this.#later(() => incoming.streams.forEach((stream) => stream.endUnused()))
      }
    }
    void handle()
  }

  #openStream(request: RequestId, incoming: Incoming): ByteStream {
    if (this.#lost !== undefined) throw this.#lost
    const id = allocateStream(this.#options.session)
    const stream = this.#addStream(id)
    incoming.streams.add(stream)
    this.#options.dispatch({ kind: 'open', stream: id, request })
    return stream
  }
}
