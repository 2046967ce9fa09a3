// A path between two ends in virtual time, with a middlebox in it: loss on either side of it, a limit for idle connections of one or both
// directions, by reset, silence or an end of its own. TCP is modelled as far as it matters: what is lost is sent again at doubling times, each
// delivery is acknowledged by a packet that may be lost as well, and every packet that the middlebox sees refreshes its entry. It plays the
// part of both hands for the search of src/doctor/path/.

import type { Random } from '../src/kernel/random.ts'
import type { SearchEffect, SearchEvent } from '../src/doctor/path/idle-search.ts'
import type { PlannedProbe } from '../src/doctor/path/probe-plan.ts'
import type { PathEnd } from '../src/wire/probe/path-facts.ts'

export interface SimulatedMiddlebox {
  /** Undefined: it never forgets. */
  readonly limitMs: number | undefined
  readonly losesFrom: PathEnd | 'both'
  readonly how: 'reset' | 'silence' | 'closed'
  /** Packets of either end keep an entry, or only those of the end that loses. */
  readonly isKeptByEither: boolean
}

interface Flow {
  readonly planned: PlannedProbe
  readonly seenMs: Record<PathEnd, number>
  readonly deadlineOf: Record<PathEnd, number>
  activeMs: Record<PathEnd, number>
  isGone: boolean
}

/** When TCP sends: at once, and again after these milliseconds. */
const SENDS_MS = [0, 200, 600, 1400, 3000, 6200, 12_600, 25_400, 51_000]
const HELLO_MS_MAX = 300

interface Due {
  readonly atMs: number
  readonly act: () => void
}

export class SimulatedPath {
  readonly #random: Random
  readonly #box: SimulatedMiddlebox
  readonly #loss: number
  readonly #oneWayMs: number
  readonly #tell: (event: SearchEvent) => SearchEffect[]
  readonly #flows = new Map<number, Flow>()
  #queue: Due[] = []
  #wake: Due | undefined
  nowMs = 0
  facts: Extract<SearchEffect, { kind: 'over' }>['facts'] | undefined

  constructor(options: { readonly random: Random; readonly box: SimulatedMiddlebox; readonly loss: number; readonly oneWayMs: number; readonly step: (event: SearchEvent, nowMs: number) => SearchEffect[] }) {
    this.#random = options.random
    this.#box = options.box
    this.#loss = options.loss
    this.#oneWayMs = options.oneWayMs
    this.#tell = (event) => options.step(event, this.nowMs)
  }

  /** Runs to the end, at most `limitMs`. */
  run(limitMs: number): void {
    this.#give({ kind: 'start' })
    this.#every(1000, () => this.#give({ kind: 'control-heard' }))
    while (this.facts === undefined && this.nowMs < limitMs) {
      const due = this.#pop()
      if (due === undefined) throw new Error('the search waits for nothing')
      this.nowMs = Math.max(this.nowMs, due.atMs)
      if (due === this.#wake) this.#wake = undefined
      due.act()
    }
  }

  /** The control channel is cut at that time. */
  cutControlAt(atMs: number): void {
    this.#at(atMs, () => this.#give({ kind: 'control-cut' }))
  }

  #every(intervalMs: number, act: () => void): void {
    this.#at(this.nowMs + intervalMs, () => {
      act()
      this.#every(intervalMs, act)
    })
  }

  /** A binary heap by time. */
  #at(atMs: number, act: () => void): Due {
    const due = { atMs, act }
    const heap = this.#queue
    let index = heap.push(due) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.atMs <= atMs) break
      heap[index] = above
      index = parent
    }
    heap[index] = due
    return due
  }

  #pop(): Due | undefined {
    const heap = this.#queue
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const right = left + 1
      const child = (heap[right]?.atMs ?? Infinity) < (heap[left]?.atMs ?? Infinity) ? right : left
      const below = heap[child]
      if (below === undefined || below.atMs >= last.atMs) break
      heap[index] = below
      index = child
    }
    heap[index] = last
    return top
  }

  #give(event: SearchEvent): void {
    if (this.facts !== undefined) return
    for (const effect of this.#tell(event)) this.#carryOut(effect)
  }

  #carryOut(effect: SearchEffect): void {
    switch (effect.kind) {
      case 'open':
        return this.#open(effect.probe)
      case 'speak':
        return this.#speak(effect.connection, effect.end)
      case 'drop': {
        const flow = this.#flows.get(effect.connection)
        if (flow !== undefined) flow.isGone = true
        return
      }
      case 'wake': {
        const wake = this.#at(Math.max(this.nowMs, effect.atMs), () => {
          if (this.#wake === undefined) this.#give({ kind: 'wake' })
        })
        // An older one that is still in the queue finds that it is not the one any more.
        this.#wake = wake
        return
      }
      case 'over':
        this.facts = effect.facts
    }
  }

  #open(planned: PlannedProbe): void {
    const flow: Flow = { planned, seenMs: { dialler: 0, acceptor: 0 }, deadlineOf: { dialler: 0, acceptor: 0 }, activeMs: { dialler: 0, acceptor: 0 }, isGone: false }
    this.#flows.set(planned.connection, flow)
    this.#at(this.nowMs + 1 + this.#random.int(HELLO_MS_MAX), () => {
      flow.seenMs.dialler = flow.seenMs.acceptor = this.nowMs
      this.#send(flow, 'dialler', () =>
        this.#send(flow, 'acceptor', () => {
          this.#give({ kind: 'opened', connection: planned.connection })
          this.#keep(flow)
          if (this.#box.how === 'closed') this.#watchExpiry(flow)
        }),
      )
    })
  }

  #speak(connection: number, end: PathEnd): void {
    const flow = this.#flows.get(connection)
    if (flow === undefined || flow.isGone) return
    const other = end === 'dialler' ? 'acceptor' : 'dialler'
    const idleMs = this.nowMs - flow.activeMs[end]
    this.#at(this.nowMs, () => this.#give({ kind: 'spoke', connection, idleMs }))
    this.#send(flow, end, () => {
      this.#give({ kind: 'heard', connection })
      this.#send(flow, other, () => this.#give({ kind: 'answered', connection }))
    })
  }

  #keep(flow: Flow): void {
    const { mode, intervalMs } = flow.planned
    if (mode === 'silent') return
    this.#every(intervalMs, () => {
      if (flow.isGone) return
      if (mode === 'heartbeat') return this.#send(flow, 'dialler', () => undefined)
      if (this.#packet(flow, 'dialler')) this.#packet(flow, 'acceptor')
    })
  }

  #watchExpiry(flow: Flow): void {
    const look = (): void => {
      if (flow.isGone) return
      const leftMs = Math.max(flow.seenMs.dialler, flow.seenMs.acceptor) + (this.#box.limitMs ?? Infinity) - this.nowMs
      if (leftMs > 0) return void (leftMs < Infinity && this.#at(this.nowMs + leftMs, look))
      this.#end(flow, 'dialler', 'closed')
      this.#end(flow, 'acceptor', 'closed')
    }
    look()
  }

  #end(flow: Flow, end: PathEnd, how: 'reset' | 'closed'): void {
    if (flow.isGone) return
    const idleMs = this.nowMs - flow.activeMs[end]
    this.#at(this.nowMs + this.#oneWayMs, () => this.#give({ kind: 'ended', connection: flow.planned.connection, end, how, idleMs }))
  }

  /** One message of `from` and what TCP does until it is acknowledged. `onDelivered` once. */
  #send(flow: Flow, from: PathEnd, onDelivered: () => void): void {
    const to = from === 'dialler' ? 'acceptor' : 'dialler'
    flow.activeMs[from] = this.nowMs
    let isDelivered = false
    let isAcknowledged = false
    const sentMs = this.nowMs
    const attempt = (index: number): void => {
      if (isAcknowledged || flow.isGone) return
      const next = SENDS_MS[index + 1]
      if (next !== undefined) this.#at(sentMs + next, () => attempt(index + 1))
      if (!this.#packet(flow, from)) return
      this.#at(this.nowMs + this.#oneWayMs, () => {
        if (!isDelivered) {
          isDelivered = true
          flow.activeMs[to] = this.nowMs
          onDelivered()
        }
        isAcknowledged = this.#packet(flow, to) || isAcknowledged
      })
    }
    attempt(0)
  }

  /** Whether one packet comes through. */
  #packet(flow: Flow, from: PathEnd): boolean {
    const { limitMs, losesFrom, how, isKeptByEither } = this.#box
    if (this.#isLost()) return false
    const seenMs = isKeptByEither ? Math.max(flow.seenMs.dialler, flow.seenMs.acceptor) : flow.seenMs[from]
    if (limitMs !== undefined && (losesFrom === 'both' || losesFrom === from) && this.nowMs - seenMs > limitMs) {
      if (how === 'reset') this.#end(flow, from, 'reset')
      return false
    }
    flow.seenMs[from] = this.nowMs
    return !this.#isLost()
  }

  /** Half of the loss is before the middlebox, half behind it. */
  #isLost(): boolean {
    return this.#random.int(1_000_000) < (this.#loss / 2) * 1_000_000
  }
}
