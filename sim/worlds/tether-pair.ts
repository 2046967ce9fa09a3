// Two tether sessions, an agent's and a server's, over a path under virtual time: the smallest shell that can carry them. The path has
// a rate, a delay and a send buffer in each direction, and can be cut, reset, silenced or made to forget idle flows. The tether world
// and the unit tests of the session drive it. It never reads a real clock; the same calls give the same run.

import { BufferPool } from '../../src/kernel/buffer-pool.ts'
import { RECEIVE_BUDGET_BYTES, REPLAY_BUDGET_BYTES } from '../../src/transport/tether/limits.ts'
import { createSession, step } from '../../src/transport/tether/session.ts'
import type { Session } from '../../src/transport/tether/session.ts'
import type { LinkLoss, SessionEffect, SessionEvent, SessionOptions, SharedBudget } from '../../src/transport/tether/session-types.ts'
import { VirtualTime } from '../virtual-time.ts'

export type Side = 'agent' | 'server'

export interface PathShape {
  /** Bytes a millisecond, each direction. */
  readonly bytesPerMs: number
  /** One way. */
  readonly delayMs: number
  /** What the sender's kernel takes before `drained` has to wait. */
  readonly bufferBytes: number
  /** A middlebox forgets a flow that was idle for so long; what comes after is answered as `idleAnswer` says. */
  readonly idleLimitMs?: number
  readonly idleAnswer?: 'reset' | 'silence'
}

/** What stands between a session and its shell: the place where a simulated defect is planted. */
export interface Boundary {
  event?(side: Side, event: SessionEvent): readonly SessionEvent[]
  effects?(side: Side, effects: readonly SessionEffect[]): readonly SessionEffect[]
}

interface Flight {
  readonly toSide: Side
  readonly chunk: Uint8Array
}

interface Half {
  /** When the last byte given to this direction will have left the buffer. */
  busyUntilMs: number
  waiting: Uint8Array[]
  /** A timer will look at `waiting` again. */
  isArmed: boolean
}

export interface SimLink {
  readonly id: number
  readonly halves: Record<Side, Half>
  readonly isOpen: Record<Side, boolean>
  /** Bytes sent vanish, nobody is told. */
  isSilent: boolean
  lastTrafficMs: number
  extraDelayMs: number
  /** Nothing arrives before this: a stalled link keeps its order. */
  holdUntilMs: number
  /** The link is reset once so many more bytes have arrived: in the middle of a frame, as a rule. */
  cutAfterBytes: number
  /** When each side last wrote. */
  readonly lastGivenMs: Record<Side, number>
}

/** What a side's program does with effects that are for it. */
export type Program = (side: Side, effect: SessionEffect) => void

export interface PairOptions {
  readonly path: PathShape
  readonly program: Program
  readonly randomBytes: (count: number) => Uint8Array
  readonly agent?: Partial<SessionOptions>
  readonly server?: Partial<SessionOptions>
  readonly boundary?: Boundary
  /** Called after every step, once its effects are carried out. */
  readonly observe?: (side: Side) => void
}

export class TetherPair {
  readonly time = new VirtualTime()
  readonly sessions: Record<Side, Session>
  readonly replay: Record<Side, SharedBudget>
  readonly receive: Record<Side, SharedBudget>
  /** Spoils what is given back, so that a frame used again too early is seen. */
  readonly buffers: Record<Side, BufferPool>
  readonly links = new Map<number, SimLink>()
  readonly counts = { dials: 0, links: 0, steps: 0 }
  path: PathShape
  /** Dials fail: 'refused' at once, 'dark' after their limit. */
  outage: 'none' | 'refused' | 'dark' = 'none'
  readonly #options: PairOptions
  readonly #wakes: Record<Side, number> = { agent: 0, server: 0 }
  readonly #lives: Record<Side, number> = { agent: 0, server: 0 }
  readonly #stalledUntilMs: Record<Side, number> = { agent: 0, server: 0 }
  readonly #inbox: Record<Side, SessionEvent[]> = { agent: [], server: [] }
  /** What a program asks for while effects are carried out: it comes before what the network has waiting. */
  readonly #asked: Record<Side, SessionEvent[]> = { agent: [], server: [] }
  readonly #isStepping: Record<Side, boolean> = { agent: false, server: false }
  #dialCount = 0
  #nextLink = 1
  /** Cuts what arrives in pieces; the default keeps chunks whole. */
  splitter: (chunk: Uint8Array) => readonly Uint8Array[] = (chunk) => [chunk]

  constructor(options: PairOptions) {
    this.#options = options
    this.path = options.path
    const budget = (limitBytes: number): SharedBudget => ({ limitBytes, usedBytes: 0 })
    this.replay = { agent: budget(REPLAY_BUDGET_BYTES), server: budget(REPLAY_BUDGET_BYTES) }
    this.receive = { agent: budget(RECEIVE_BUDGET_BYTES), server: budget(RECEIVE_BUDGET_BYTES) }
    const pool = (): BufferPool => new BufferPool({ poisons: true })
    this.buffers = { agent: pool(), server: pool() }
    this.sessions = { agent: this.#create('agent'), server: this.#create('server') }
    for (const side of ['server', 'agent'] as const) this.#later(side, 0, () => this.post(side, { kind: 'start' }))
  }

  #create(side: Side): Session {
    const { randomBytes } = this.#options
    this.replay[side].usedBytes = 0
    this.receive[side].usedBytes = 0
    return createSession({
      role: side,
      machineId: new Uint8Array(16).fill(side === 'agent' ? 7 : 8),
      instanceId: randomBytes(16),
      program: 'holdfast test',
      hostName: 'client',
      randomBytes,
      replayBudget: this.replay[side],
      receiveBudget: this.receive[side],
      buffers: this.buffers[side],
      ...this.#options[side],
    })
  }

  /** The process of `side` dies at once and starts again: links end without a word from it, its session knows nothing. */
  restart(side: Side): void {
    this.#lives[side] += 1
    this.#inbox[side] = []
    this.#asked[side] = []
    this.#stalledUntilMs[side] = 0
    if (side === 'agent') this.#dialCount += 1
    this.sessions[side] = this.#create(side)
    for (const link of this.links.values()) this.#closeEnd(link, side, 'closed')
    this.post(side, { kind: 'start' })
  }

  stalledUntilMs(side: Side): number {
    return this.#stalledUntilMs[side]
  }

  /** Everything that happens to `side` waits until then: a stalled event loop, a machine that slept. */
  stall(side: Side, untilMs: number): void {
    this.#stalledUntilMs[side] = Math.max(this.#stalledUntilMs[side], untilMs)
    this.time.at(untilMs, () => this.#work(side))
  }

  /** Hands an event to a session, now. Events raised while it works wait their turn. */
  post(side: Side, event: SessionEvent): void {
    if (this.#isStepping[side]) this.#asked[side].push(event)
    else this.#inbox[side].push(event)
    if (!this.#isStepping[side]) this.#work(side)
  }

  #work(side: Side): void {
    if (this.time.nowMs < this.#stalledUntilMs[side]) return
    this.#isStepping[side] = true
    for (;;) {
      const event = this.#asked[side].shift() ?? this.#inbox[side].shift()
      if (event === undefined) break
      const changed = this.#options.boundary?.event?.(side, event) ?? [event]
      for (const one of changed) {
        this.counts.steps += 1
        const effects = step(this.sessions[side], one, this.time.nowMs)
        for (const effect of this.#options.boundary?.effects?.(side, effects) ?? effects) this.#carryOut(side, effect)
        this.#options.observe?.(side)
      }
    }
    this.#isStepping[side] = false
  }

  #later(side: Side, atMs: number, run: () => void): void {
    const life = this.#lives[side]
    this.time.at(atMs, () => {
      if (life === this.#lives[side]) run()
    })
  }

  #carryOut(side: Side, effect: SessionEffect): void {
    const { nowMs } = this.time
    switch (effect.kind) {
      case 'send': {
        const link = this.links.get(effect.link)
        if (link?.isOpen[side] === true) for (const chunk of effect.chunks) this.#give(link, side, chunk)
        return
      }
      case 'close-link': {
        const link = this.links.get(effect.link)
        if (link !== undefined) this.#closeEnd(link, side, 'closed')
        return
      }
      case 'dial': {
        const dial = ++this.#dialCount
        this.#later('agent', nowMs + effect.afterMs, () => {
          if (dial === this.#dialCount) this.#dial(dial, effect.connectMs)
        })
        return
      }
      case 'wake': {
        const wake = ++this.#wakes[side]
        this.#later(side, effect.atMs, () => {
          if (wake === this.#wakes[side]) this.post(side, { kind: 'wake' })
        })
        return
      }
      case 'poll':
        return this.#later(side, nowMs, () => this.post(side, { kind: 'poll-done' }))
      default:
        return this.#options.program(side, effect)
    }
  }

  #dial(dial: number, connectMs: number): void {
    this.counts.dials += 1
    const fail = (afterMs: number, text: string): void =>
      this.#later('agent', this.time.nowMs + afterMs, () => {
        if (dial === this.#dialCount) this.post('agent', { kind: 'dial-failed', text })
      })
    const setUpMs = this.path.delayMs * 4
    if (this.outage === 'refused') return fail(this.path.delayMs * 2, 'connection refused')
    if (this.outage === 'dark' || setUpMs > connectMs) return fail(connectMs, 'no answer')
    this.#later('agent', this.time.nowMs + setUpMs, () => {
      if (dial !== this.#dialCount) return
      if (this.outage !== 'none') return this.post('agent', { kind: 'dial-failed', text: 'no answer' })
      this.openLink()
    })
  }

  /** A new link between the two, as after a dial. */
  openLink(extraDelayMs = 0): SimLink {
    const half = (): Half => ({ busyUntilMs: this.time.nowMs, waiting: [], isArmed: false })
    const link: SimLink = { id: this.#nextLink++, halves: { agent: half(), server: half() }, isOpen: { agent: true, server: true }, isSilent: false, lastTrafficMs: this.time.nowMs, extraDelayMs, holdUntilMs: 0, cutAfterBytes: Number.POSITIVE_INFINITY, lastGivenMs: { agent: this.time.nowMs, server: this.time.nowMs } }
    this.links.set(link.id, link)
    this.counts.links += 1
    this.post('server', { kind: 'link-up', link: link.id })
    this.post('agent', { kind: 'link-up', link: link.id })
    return link
  }

  /** Both ends hear of the end of the link, `loss` as they see it. What was in flight is lost, at any byte. */
  cut(link: SimLink, loss: LinkLoss): void {
    for (const side of ['agent', 'server'] as const) {
      if (!link.isOpen[side]) continue
      link.isOpen[side] = false
      this.#later(side, this.time.nowMs, () => this.post(side, { kind: 'link-down', link: link.id, loss, text: 'cut' }))
    }
    this.links.delete(link.id)
  }

  get newestLink(): SimLink | undefined {
    return [...this.links.values()].filter((link) => link.isOpen.agent || link.isOpen.server).at(-1)
  }

  #closeEnd(link: SimLink, side: Side, loss: LinkLoss): void {
    if (!link.isOpen[side]) return
    link.isOpen[side] = false
    const other = side === 'agent' ? 'server' : 'agent'
    const half = link.halves[side]
    const restMs = half.waiting.reduce((sum, chunk) => sum + chunk.length, 0) / this.path.bytesPerMs
    const atMs = Math.max(this.time.nowMs, half.busyUntilMs) + restMs + this.path.delayMs + link.extraDelayMs
    if (!link.isSilent) {
      this.#later(other, Math.max(atMs, link.holdUntilMs), () => {
        if (!link.isOpen[other] || link.isSilent) return
        link.isOpen[other] = false
        this.links.delete(link.id)
        this.post(other, { kind: 'link-down', link: link.id, loss, text: 'the peer closed the link' })
      })
    }
    if (!link.isOpen[other]) this.links.delete(link.id)
  }

  #give(link: SimLink, side: Side, chunk: Uint8Array): void {
    link.lastGivenMs[side] = this.time.nowMs
    link.halves[side].waiting.push(chunk)
    if (!link.halves[side].isArmed) this.#fill(link, side)
  }

  /** Moves waiting chunks into the send buffer as far as there is room, and tells when there will be more. */
  #fill(link: SimLink, side: Side): void {
    const half = link.halves[side]
    const { bytesPerMs, bufferBytes, delayMs } = this.path
    for (;;) {
      const next = half.waiting[0]
      if (next === undefined) return
      const buffered = Math.max(0, half.busyUntilMs - this.time.nowMs) * bytesPerMs
      if (buffered > 0 && buffered + next.length > bufferBytes) {
        const roomMs = half.busyUntilMs - Math.max(0, bufferBytes - next.length) / bytesPerMs
        half.isArmed = true
        this.time.at(Math.max(roomMs, this.time.nowMs + 0.001), () => {
          half.isArmed = false
          this.#fill(link, side)
        })
        return
      }
      half.waiting.shift()
      half.busyUntilMs = Math.max(half.busyUntilMs, this.time.nowMs) + next.length / bytesPerMs
      this.#later(side, this.time.nowMs, () => {
        if (link.isOpen[side]) this.post(side, { kind: 'drained', link: link.id, bytes: next.length })
      })
      if (this.#isForgotten(link)) return
      link.lastTrafficMs = this.time.nowMs
      const flight: Flight = { toSide: side === 'agent' ? 'server' : 'agent', chunk: next }
      this.time.at(half.busyUntilMs + delayMs + link.extraDelayMs, () => this.#arrive(link, flight))
    }
  }

  #isForgotten(link: SimLink): boolean {
    const { idleLimitMs, idleAnswer } = this.path
    if (idleLimitMs === undefined || this.time.nowMs - link.lastTrafficMs <= idleLimitMs) return false
    if (idleAnswer === 'reset') this.cut(link, 'reset')
    else link.isSilent = true
    return true
  }

  #arrive(link: SimLink, flight: Flight): void {
    if (this.time.nowMs < link.holdUntilMs) return this.time.at(link.holdUntilMs, () => this.#arrive(link, flight))
    if (link.isSilent || !link.isOpen[flight.toSide]) return
    if (flight.chunk.length > link.cutAfterBytes) {
      this.post(flight.toSide, { kind: 'bytes', link: link.id, chunk: flight.chunk.subarray(0, link.cutAfterBytes) })
      return this.cut(link, 'reset')
    }
    link.cutAfterBytes -= flight.chunk.length
    for (const piece of this.splitter(flight.chunk)) this.post(flight.toSide, { kind: 'bytes', link: link.id, chunk: piece })
  }
}
