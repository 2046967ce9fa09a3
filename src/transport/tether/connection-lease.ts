// One user's share of a tether's connection. Many dumpers use one session at once: closing a share ends the requests and streams of
// that user and nobody else's. The session goes on for the others and for whoever comes next.

import type { Fault } from '../../kernel/fault.ts'
import type { ByteStream, Connection, Packet, Peer, ServiceName, StreamHandle } from '../contract.ts'

export class ConnectionLease implements Connection {
  readonly peer: Peer
  readonly closed: Promise<Fault>
  readonly #inner: Connection
  readonly #controller = new AbortController()
  readonly #streams = new Map<StreamHandle, ByteStream>()
  #over: Fault | undefined
  #tellClosed: (reason: Fault) => void = () => {}

  constructor(inner: Connection) {
    this.#inner = inner
    this.peer = inner.peer
    this.closed = new Promise((resolve) => (this.#tellClosed = resolve))
    void inner.closed.then((reason) => {
      this.#over ??= reason
      this.#tellClosed(reason)
    })
  }

  async *request(service: ServiceName, body: string, signal?: AbortSignal): AsyncGenerator<Packet> {
    if (this.#over !== undefined) throw this.#over
    const own = this.#controller.signal
    try {
      yield* this.#inner.request(service, body, signal === undefined ? own : AbortSignal.any([signal, own]))
    } catch (error) {
      if (own.aborted && this.#over !== undefined) throw this.#over as Fault
      throw error
    }
  }

  stream(handle: StreamHandle): ByteStream {
    if (this.#over !== undefined) throw this.#over
    const stream = this.#inner.stream(handle)
    this.#streams.set(handle, stream)
    return stream
  }

  close(reason: Fault): Promise<void> {
    if (this.#over !== undefined) return Promise.resolve()
    this.#over = reason
    this.#controller.abort(reason)
    for (const stream of this.#streams.values()) {
      stream.fail(reason)
      stream.cancel(reason)
    }
    this.#streams.clear()
    this.#tellClosed(reason)
    return Promise.resolve()
  }
}
