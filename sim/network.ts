// The simulated network: links between a listener and those who dial it, each with a rate, a delay and a send buffer, and everything that
// networks do to them. A link keeps its order and never alters bytes, as TCP; whole links can overtake each other. Processes hear of it
// through their lives only.

import { Fault } from '../src/kernel/fault.ts'
import type { LinkDialer, LinkSink, RawLink } from '../src/transport/tether/link.ts'
import type { Life, Scheduler } from './scheduler.ts'

/** A session bounds what it has in flight by time and by size; more than this in the buffers of one link is a queue without a bound. */
const QUEUED_BYTES_MAX = 3 * 1024 * 1024

export interface NetworkShape {
  readonly bytesPerMs: number
  /** One way. */
  readonly delayMs: number
  readonly bufferBytes: number
  /** A firewall forgets flows that were idle for so long. */
  readonly idleLimitMs: number | undefined
  readonly idleAnswer: 'reset' | 'silence'
}

export type Outage = 'none' | 'refused' | 'dark'

class LinkEnd implements RawLink {
  readonly life: Life
  readonly link: SimLink
  peer: LinkEnd | undefined
  isDown = false
  /** When the last byte given will have left. */
  busyUntilMs = 0
  /** Nothing arrives here before what was sent earlier. */
  lastArrivalMs = 0
  #sink: LinkSink | undefined
  #early: (() => void)[] = []
  readonly #network: SimNetwork

  constructor(network: SimNetwork, life: Life, link: SimLink) {
    this.#network = network
    this.life = life
    this.link = link
  }

  attach(sink: LinkSink): void {
    this.#sink = sink
    for (const tell of this.#early.splice(0)) this.life.later(0, tell)
  }

  send(chunks: readonly Uint8Array[], bytes: number): void {
    if (!this.isDown) this.#network.carry(this, chunks, bytes)
  }

  close(): void {
    if (!this.isDown) this.#network.closeEnd(this)
  }

  tell(what: (sink: LinkSink) => void): void {
    const sink = this.#sink
    if (sink === undefined) this.#early.push(() => this.tell(what))
    else what(sink)
  }
}

/** What a fault may do to a link. */
export interface SimLink {
  readonly host: string
  readonly ends: LinkEnd[]
  /** Bytes vanish and nobody is told. */
  isSilent: boolean
  extraDelayMs: number
  holdUntilMs: number
  lastTrafficMs: number
  /** The link is reset once so many more bytes have arrived. */
  resetAfterBytes: number
}

export class SimNetwork {
  shape: NetworkShape
  /** Set when somebody gave a link more than is in any bound. */
  overflow: string | undefined
  readonly links = new Set<SimLink>()
  /** What becomes of new dials, by host. */
  readonly outages = new Map<string, Outage>()
  /** The process that listens now, and what it does with a link. */
  listener: { readonly life: Life; readonly accept: (link: RawLink, host: string) => void } | undefined
  readonly #scheduler: Scheduler

  constructor(scheduler: Scheduler, shape: NetworkShape) {
    this.#scheduler = scheduler
    this.shape = shape
  }

  dialer(life: Life, host: string): LinkDialer {
    return {
      dial: (connectMs) =>
        new Promise((resolve, reject) => {
          const refuse = (afterMs: number, text: string): void => life.later(afterMs, () => reject(new Fault('connection-lost', text)))
          const outage = this.outages.get(host) ?? 'none'
          if (outage === 'dark') return refuse(connectMs, 'no answer')
          if (outage === 'refused' || this.listener?.life.isAlive !== true) return refuse(2 * this.shape.delayMs, 'connection refused')
          life.later(4 * this.shape.delayMs, () => {
            const { listener } = this
            if ((this.outages.get(host) ?? 'none') !== 'none' || listener?.life.isAlive !== true) return reject(new Fault('connection-lost', 'the connection broke while it was made'))
            resolve(this.#connect(life, host, listener))
          })
        }),
    }
  }

  /** Both ends hear of the end. What was in flight is lost. */
  cut(link: SimLink, loss: 'reset' | 'closed'): void {
    for (const end of link.ends) this.#fall(end, loss, loss === 'reset' ? 'connection reset' : 'the connection was closed')
    this.links.delete(link)
  }

  carry(end: LinkEnd, chunks: readonly Uint8Array[], bytes: number): void {
    const { time } = this.#scheduler
    const { link } = end
    const { bytesPerMs, delayMs, bufferBytes, idleLimitMs, idleAnswer } = this.shape
    if (idleLimitMs !== undefined && !link.isSilent && time.nowMs - link.lastTrafficMs > idleLimitMs) {
      this.#scheduler.state(`firewall ${idleAnswer}`)
      if (idleAnswer === 'reset') return this.cut(link, 'reset')
      link.isSilent = true
    }
    link.lastTrafficMs = time.nowMs
    end.busyUntilMs = Math.max(end.busyUntilMs, time.nowMs) + bytes / bytesPerMs
    const queuedBytes = (end.busyUntilMs - time.nowMs) * bytesPerMs
    if (queuedBytes > QUEUED_BYTES_MAX) this.overflow ??= `${Math.round(queuedBytes)} bytes are queued in a link of ${link.host}`
    const drainedMs = Math.max(0, end.busyUntilMs - bufferBytes / bytesPerMs - time.nowMs)
    end.life.later(drainedMs, () => {
      if (!end.isDown) end.tell((sink) => sink.drained(bytes))
    })
    const { peer } = end
    if (peer === undefined) return
    const arrivalMs = Math.max(end.busyUntilMs + delayMs + link.extraDelayMs, link.holdUntilMs, peer.lastArrivalMs)
    peer.lastArrivalMs = arrivalMs
    time.at(arrivalMs, () => this.#arrive(peer, chunks))
  }

  closeEnd(end: LinkEnd): void {
    const { time } = this.#scheduler
    const { peer, link } = end
    this.#fall(end, 'closed', 'closed by this side')
    if (peer === undefined || link.isSilent) return
    const arrivalMs = Math.max(end.busyUntilMs, time.nowMs, peer.lastArrivalMs - this.shape.delayMs) + this.shape.delayMs + link.extraDelayMs
    time.at(arrivalMs, () => this.#fall(peer, 'closed', 'closed by the peer'))
  }

  #connect(life: Life, host: string, listener: { readonly life: Life; readonly accept: (link: RawLink, host: string) => void }): RawLink {
    const { time } = this.#scheduler
    const link: SimLink = { host, ends: [], isSilent: false, extraDelayMs: 0, holdUntilMs: 0, lastTrafficMs: time.nowMs, resetAfterBytes: Number.POSITIVE_INFINITY }
    const [near, far] = [new LinkEnd(this, life, link), new LinkEnd(this, listener.life, link)]
    near.peer = far
    far.peer = near
    link.ends.push(near, far)
    this.links.add(link)
    // The kernel of a machine whose process died closes its sockets; a machine without power says nothing.
    for (const end of link.ends) end.life.onEnd((isPowerCut) => (isPowerCut ? (link.isSilent = true) : this.closeEnd(end)))
    listener.life.later(0, () => listener.accept(far, host))
    return near
  }

  #arrive(end: LinkEnd, chunks: readonly Uint8Array[]): void {
    const { time } = this.#scheduler
    const { link } = end
    if (time.nowMs < link.holdUntilMs) return time.at(link.holdUntilMs, () => this.#arrive(end, chunks))
    if (link.isSilent || end.isDown || !end.life.isAlive) return
    for (const chunk of chunks) {
      if (chunk.length > link.resetAfterBytes) {
        const part = chunk.subarray(0, link.resetAfterBytes)
        if (part.length > 0) end.tell((sink) => sink.bytes(part))
        return this.cut(link, 'reset')
      }
      link.resetAfterBytes -= chunk.length
      end.tell((sink) => sink.bytes(chunk))
    }
  }

  #fall(end: LinkEnd, loss: 'reset' | 'closed', text: string): void {
    if (end.isDown) return
    end.isDown = true
    if (end.peer?.isDown === true) this.links.delete(end.link)
    end.life.later(0, () => end.tell((sink) => sink.down(loss, text)))
  }
}
