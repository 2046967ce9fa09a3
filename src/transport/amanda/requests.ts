// The requests of one connection to a stock client: carries out what request-step.ts decides. Knows nothing of what carries the packets.

import type { Clock, Timer } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { BoundedQueue } from '../../kernel/queue.ts'
import type { AmandaPacket } from '../../wire/amanda/packet.ts'
import type { Packet } from '../contract.ts'
import { NEW_REQUEST, stepRequest, type RequestEffect, type RequestEvent, type RequestLimits, type RequestState } from './request-step.ts'

/** Packets of one request that wait for their reader; a PREP beyond is left out, since a later one repeats it. */
const PACKETS_WAITING_MAX = 16

/** An answer, and when the streams it announces can be used. */
interface Answer {
  readonly packet: Packet
  readonly isOpened: Promise<void>
}

interface Pending {
  state: RequestState
  readonly body: string
  readonly limits: RequestLimits
  readonly answers: BoundedQueue<Answer>
  timer: Timer | undefined
}

/** What carries packets. */
export interface PacketCarrier {
  sendPacket(handle: number, packet: AmandaPacket): void
  /** A REP came: streams that it announces are opened. Called before anything that comes after it is looked at. */
  announce(body: string): Promise<void>
  /** Nothing more is wanted of this request. */
  forget(handle: number): void
  /** Packets go over a connection that the client has taken. */
  readonly isConnected: boolean
  /** What the system says of a client that is silent, if anything. */
  whySilent(): string | undefined
}

export class Requests {
  readonly #host: string
  readonly #clock: Clock
  readonly #carrier: PacketCarrier
  readonly #pending = new Map<number, Pending>()
  #nextHandle: number

  constructor(host: string, clock: Clock, carrier: PacketCarrier, firstHandle: number) {
    this.#host = host
    this.#clock = clock
    this.#carrier = carrier
    this.#nextHandle = firstHandle
  }

  async *request(name: string, body: string, limits: RequestLimits, signal?: AbortSignal): AsyncGenerator<Packet> {
    const handle = this.#nextHandle++
    const answers = new BoundedQueue<Answer>(PACKETS_WAITING_MAX)
    this.#pending.set(handle, { state: NEW_REQUEST, body, limits, answers, timer: undefined })
    const onAbort = (): void => answers.close(new Fault('cancelled', `the request ${name} was cancelled`))
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      this.#step(handle, { kind: 'begin' })
      for (;;) {
        const answer = await answers.shift()
        if (answer === undefined) return
        await answer.isOpened
        yield answer.packet
        if (answer.packet.kind !== 'prep') return
      }
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#finish(handle)
    }
  }

  /** An answer is still to come. */
  get isWaiting(): boolean {
    return [...this.#pending.values()].some(({ state }) => state.mode !== 'over')
  }

  /** A packet arrived. One of no request of ours is passed over. */
  take(handle: number, packet: AmandaPacket): void {
    this.#step(handle, { kind: 'packet', packet })
  }

  /** Nothing will come any more. */
  close(reason: Fault): void {
    for (const { timer, answers } of this.#pending.values()) {
      timer?.cancel()
      answers.close(reason)
    }
    this.#pending.clear()
  }

  #step(handle: number, event: RequestEvent): void {
    const pending = this.#pending.get(handle)
    if (pending === undefined) return
    const { state, effects } = stepRequest(pending.state, event, this.#clock.monotonicMs(), pending.limits)
    pending.state = state
    for (const effect of effects) {
      switch (effect.kind) {
        case 'send-request':
          this.#carrier.sendPacket(handle, { kind: 'req', body: pending.body })
          break
        case 'send-ack':
          this.#carrier.sendPacket(handle, { kind: 'ack', body: '' })
          break
        case 'deliver':
          this.#deliver(pending, effect.packet)
          break
        case 'fail':
          pending.answers.close(silentClient(this.#host, effect, this.#carrier))
      }
    }
    this.#watch(handle, pending)
  }

  #deliver({ answers }: Pending, { kind, body }: AmandaPacket): void {
    if (kind === 'prep' && answers.count >= PACKETS_WAITING_MAX - 1) return
    if (kind !== 'prep' && kind !== 'rep' && kind !== 'nak') return
    const isOpened = kind === 'rep' ? this.#carrier.announce(body) : Promise.resolve()
    // Whoever reads the answer is told.
    isOpened.catch(() => undefined)
    answers.push({ packet: { kind, body }, isOpened }).catch(() => undefined)
  }

  #watch(handle: number, pending: Pending): void {
    pending.timer?.cancel()
    pending.timer = undefined
    if (pending.state.mode === 'over' || !this.#pending.has(handle)) return
    const waitMs = Math.max(0, pending.state.deadlineMs - this.#clock.monotonicMs())
    pending.timer = this.#clock.setTimer(Math.ceil(waitMs), () => this.#step(handle, { kind: 'time' }))
  }

  /** A request that is over stays known, so that a REP whose ACK was lost gets another. */
  #finish(handle: number): void {
    const pending = this.#pending.get(handle)
    if (pending === undefined) return
    pending.timer?.cancel()
    pending.answers.close()
    if (pending.state.mode !== 'over') pending.state = { ...pending.state, mode: 'over' }
    this.#carrier.forget(handle)
  }
}

/** The words are those of Amanda's planner. */
export function requestFailed(host: string, reason: string, cause?: unknown): Fault {
  return new Fault('agent-unreachable', `Request to ${host} failed: ${reason}`, { cause, next: `See what \`holdfast doctor explain\` says of the code beside it, and that amandad of ${host} answers \`holdfast check ${host}\`.` })
}

/** Who takes a connection and says nothing is stuck; who has acknowledged the request is there, and only this service is silent. */
function silentClient(host: string, { waitedFor, wasAcknowledged }: Extract<RequestEffect, { kind: 'fail' }>, carrier: PacketCarrier): Fault {
  const why = carrier.whySilent()
  if (waitedFor === 'ACK' && why !== undefined && !wasAcknowledged) return requestFailed(host, why)
  const message = `Request to ${host} failed: timeout waiting for ${waitedFor}`
  if (waitedFor === 'REP') return new Fault('timed-out', message, { next: `See what the service waits for on ${host}, and whether its amandad is stuck.` })
  if (wasAcknowledged) return new Fault('timed-out', `${message}, which had come before`, { next: `See what became of amandad and its service on ${host}, and whether the connection is forgotten while they work.` })
  if (carrier.isConnected) return new Fault('agent-unreachable', `${message}: amandad of ${host} took the connection and answers nothing`, { next: `See on ${host} what its newest amandad waits for, and whether xinetd, inetd or systemd can start one.` })
  return new Fault('agent-unreachable', message, { next: `See that amandad of ${host} runs and speaks the same auth, that no amandad of an earlier dump holds its port, and that firewalls let its packets pass.` })
}
