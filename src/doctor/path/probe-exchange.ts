// Orders to the two hands of a measurement, and waiting for what they see. What the hands and the control channel between them are, the rig
// knows: two machines, or an agent and its server.

import type { Clock, Timer } from '../../kernel/clock.ts'
import type { Fault } from '../../kernel/fault.ts'
import type { ProbeEvent, ProbeOrder } from '../../wire/probe/frame.ts'
import type { PathEnd } from '../../wire/probe/path-facts.ts'

export interface RigListener {
  event(end: PathEnd, event: ProbeEvent): void
  /** Something was heard on the control channel. */
  heard(): void
  /** The control channel has ended; told once. */
  down(reason: Fault): void
}

export interface PathRig {
  readonly clock: Clock
  order(end: PathEnd, order: ProbeOrder): void
  /** Begins to tell. Called once. */
  listen(listener: RigListener): void
  /** `offsetMs`: of the acceptor's clock against the dialler's. Rejects when the control channel ends. */
  ping(): Promise<{ readonly roundTripMs: number; readonly offsetMs: number }>
  /** How often the control channel's way was cut and healed by itself. */
  cutCount(): number
}

interface Waiter {
  readonly end: PathEnd
  readonly isWanted: (event: ProbeEvent) => boolean
  readonly done: PromiseWithResolvers<ProbeEvent | undefined>
  readonly timer: Timer
}

export class ProbeExchange {
  readonly rig: PathRig
  readonly #waiters = new Set<Waiter>()
  #watcher: RigListener | undefined
  #down: Fault | undefined
  #lastConnection = FIRST_CONNECTION
  #lastToken = 0

  constructor(rig: PathRig) {
    this.rig = rig
    rig.listen({
      event: (end, event) => this.#take(end, event),
      heard: () => this.#watcher?.heard(),
      down: (reason) => {
        this.#down = reason
        for (const waiter of this.#waiters) this.#settle(waiter, undefined)
        this.#watcher?.down(reason)
      },
    })
  }

  /** Everything is told to `watcher` as well, from now on. */
  watch(watcher: RigListener | undefined): void {
    this.#watcher = watcher
    if (this.#down !== undefined) watcher?.down(this.#down)
  }

  /** A number that no connection has had; beyond those of a search. */
  newConnection(): number {
    return ++this.#lastConnection
  }

  newToken(): number {
    return ++this.#lastToken
  }

  /** The first such event of `end`; undefined when none came in time. Rejects with why the control channel ended. */
  async wait(end: PathEnd, limitMs: number, isWanted: (event: ProbeEvent) => boolean): Promise<ProbeEvent | undefined> {
    if (this.#down !== undefined) throw this.#down
    const done = Promise.withResolvers<ProbeEvent | undefined>()
    const waiter: Waiter = { end, isWanted, done, timer: this.rig.clock.setTimer(limitMs, () => this.#settle(waiter, undefined)) }
    this.#waiters.add(waiter)
    const event = await done.promise
    if (event === undefined && this.#down !== undefined) throw this.#down
    return event
  }

  /** Opens one connection for a single purpose. */
  async open(security: 'plain' | 'tls'): Promise<{ readonly connection: number; readonly event: Extract<ProbeEvent, { kind: 'opened' | 'ended' }> | undefined }> {
    const connection = this.newConnection()
    const opened = this.wait('dialler', OPEN_MS_MAX, (event) => (event.kind === 'opened' || event.kind === 'ended') && event.connection === connection)
    this.rig.order('dialler', { kind: 'open', connection, mode: 'silent', intervalMs: 0, security, lastWord: 'dialler' })
    const event = await opened
    return { connection, event: event?.kind === 'opened' || event?.kind === 'ended' ? event : undefined }
  }

  /** Whether `bytes` of `end` are answered within `limitMs`. */
  async isAnswered(end: PathEnd, connection: number, bytes: number, limitMs: number): Promise<boolean> {
    const answered = this.wait(end, limitMs, (event) => (event.kind === 'answered' || event.kind === 'ended') && event.connection === connection)
    this.rig.order(end, { kind: 'speak', connection, bytes })
    return (await answered)?.kind === 'answered'
  }

  drop(connection: number): void {
    for (const end of ['dialler', 'acceptor'] as const) this.rig.order(end, { kind: 'drop', connection })
  }

  #take(end: PathEnd, event: ProbeEvent): void {
    for (const waiter of this.#waiters) if (waiter.end === end && waiter.isWanted(event)) this.#settle(waiter, event)
    this.#watcher?.event(end, event)
  }

  #settle(waiter: Waiter, event: ProbeEvent | undefined): void {
    if (!this.#waiters.delete(waiter)) return
    waiter.timer.cancel()
    waiter.done.resolve(event)
  }
}

/** Connections of single measurements are numbered from here, those of a search from 1. */
const FIRST_CONNECTION = 100_000
/** Milliseconds: a hand's own limit for opening, and the way there and back. */
const OPEN_MS_MAX = 25_000
