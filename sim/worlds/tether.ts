// The tether world: two production sessions over a path that does everything a path can do to them, from one seed. After every step:
// bytes exactly once and in order, nothing acknowledged that the peer does not have, queues within their bounds, the heartbeat kept,
// control not behind bulk. Once the faults stop, all jobs end. No reset without a restart, no lost link without a fault.

import { seededRandom } from '../../src/kernel/random.ts'
import type { Random } from '../../src/kernel/random.ts'
import { viewOf } from '../../src/transport/tether/session.ts'
import { DEAD_AFTER_MS, WINDOW_BYTES_FIRST } from '../../src/transport/tether/limits.ts'
import type { SessionEffect } from '../../src/transport/tether/session-types.ts'
import { fail, InvariantFailure } from '../world.ts'
import type { SimRun, SimWorld } from '../world.ts'
import { TetherPair } from './tether-pair.ts'
import type { PathShape, Side } from './tether-pair.ts'
import { TETHER_PLANTS } from './tether-plants.ts'
import { TetherProgram } from './tether-program.ts'
import type { StreamPlan } from './tether-program.ts'

const MIB = 1024 * 1024
const SIDES: readonly Side[] = ['agent', 'server']
const FAULT_KINDS = ['cut-reset', 'cut-closed', 'cut-mid-frame', 'silence', 'outage-dark', 'outage-refused', 'stall', 'duplicate-link', 'racing-links', 'delay', 'hold', 'restart-agent', 'restart-server'] as const
type FaultKind = (typeof FAULT_KINDS)[number]

/** The transitions that enough seeds must show. */
const TRANSITIONS: readonly string[] = [
  ...SIDES.flatMap((side) => ['established new', 'established resumed', 'lost reset', 'lost closed', 'lost silent', 'lost superseded', 'refused handshake-timeout', 'refused busy', 'path learned'].map((what) => `${side} ${what}`)),
  'agent reset session-unknown',
  'server lost handshake-timeout',
  'server refused superseded',
  'server reset peer-restarted',
]

export const tetherWorld: SimWorld = {
  name: 'tether',
  summary: 'two tether sessions over a path that cuts, silences, delays, stalls and races, with restarts of either side',
  states: TRANSITIONS,
  plants: TETHER_PLANTS,
  faultsMin: 10,
  run: (seed, plant) => new TetherWorld(seed, plant).run(),
}

class TetherWorld {
  readonly #seed: number
  readonly #random: Random
  readonly #pair: TetherPair
  readonly #program: TetherProgram
  readonly #faults: Record<string, number> = {}
  readonly #transitions = new Map<string, number>()
  #restarts = 0
  /** The end of the latest disturbance so far. */
  #disturbedUntilMs = 0
  #isLearned = false

  constructor(seed: number, plant: string | undefined) {
    this.#seed = seed
    this.#random = seededRandom(seed)
    const random = this.#random
    this.#program = new TetherProgram(() => this.#pair, random)
    const boundary = plant === undefined ? undefined : TETHER_PLANTS[plant]?.plant(() => this.#pair, seededRandom(seed ^ 0x5eed))
    if (plant !== undefined && boundary === undefined) fail(`no plant is called ${plant}`)
    this.#pair = new TetherPair({
      path: this.#choosePath(),
      randomBytes: (count) => random.bytes(count),
      program: (side, effect) => {
        this.#note(side, effect)
        this.#program.effect(side, effect)
      },
      observe: (side) => this.#check(side),
      ...(boundary === undefined ? {} : { boundary }),
    })
  }

  run(): SimRun {
    let failure: string | undefined
    try {
      this.#play()
    } catch (error) {
      failure = error instanceof InvariantFailure ? error.message : `${String(error)} ${error instanceof Error ? (error.stack ?? '') : ''}`
      failure = `at ${Math.round(this.#pair.time.nowMs)} ms: ${failure}`
    }
    const { counts, time } = this.#pair
    return { seed: this.#seed, failure, faults: this.#faults, states: this.#transitions, steps: counts.steps, virtualMs: time.nowMs }
  }

  #play(): void {
    const { time } = this.#pair
    const jobs = 1 + this.#random.int(4)
    for (let index = 0; index < jobs; index++) time.at(this.#random.int(20_000), () => this.#program.add(this.#random.int(3) === 0 ? 'agent' : 'server', this.#choosePlans()))
    const faults = 10 + this.#random.int(12)
    let atMs = 0
    for (let index = 0; index < faults; index++) {
      atMs += this.#random.int(this.#random.int(3) === 0 ? 30_000 : 4_000)
      time.at(atMs, () => this.#inject(FAULT_KINDS[this.#random.int(FAULT_KINDS.length)] ?? 'cut-reset'))
    }
    this.#tick()
    time.runUntil(atMs + 20_001)
    while (!this.#program.isDone) {
      if (time.nowMs > Math.max(atMs, this.#disturbedUntilMs) + 900_000) fail(`no progress: ${this.#program.describe()}`)
      time.runUntil(time.nowMs + 5_000)
    }
    time.runUntil(time.nowMs + 5_000)
    for (const side of SIDES) {
      const view = viewOf(this.#pair.sessions[side])
      if (view.streams !== 0 || view.requests !== 0 || view.unacknowledgedBulkBytes !== 0) fail(`${side} keeps ${JSON.stringify(view)} after all is done`)
    }
  }

  #choosePath(): PathShape {
    const bytesPerMs = [125, 500, 5_000, 50_000][this.#random.int(4)] ?? 500
    const path = { bytesPerMs, delayMs: 1 + this.#random.int(120), bufferBytes: [16_384, 262_144, 4 * MIB][this.#random.int(3)] ?? 16_384 }
    if (this.#random.int(3) > 0) return path
    return { ...path, idleLimitMs: 5_000 + this.#random.int(15_000), idleAnswer: this.#random.int(2) === 0 ? 'reset' : 'silence' }
  }

  #choosePlans(): StreamPlan[] {
    const isFast = this.#pair.path.bytesPerMs >= 5_000
    return Array.from({ length: 1 + this.#random.int(4) }, () => {
      const bytes = this.#random.int(4) === 0 ? this.#random.int(500) : this.#random.int(isFast ? 3 * MIB : 400_000)
      return {
        bytes,
        endCode: this.#random.int(6) === 0 ? 'disk-error' : '',
        stopAfter: this.#random.int(8) === 0 ? this.#random.int(bytes + 1) : -1,
        writeMs: this.#random.int(4) === 0 ? this.#random.int(40) : 0,
        readMs: this.#random.int(3) === 0 ? this.#random.int(60) : 0,
        silentMs: this.#random.int(3) === 0 ? this.#random.int(60_000) : 0,
        mediaMs: this.#random.int(4) === 0 ? this.#random.int(60_000) : 0,
      }
    })
  }

  #inject(kind: FaultKind): void {
    const pair = this.#pair
    const { time } = pair
    const link = pair.newestLink
    this.#faults[kind] = (this.#faults[kind] ?? 0) + 1
    this.#disturb(0)
    switch (kind) {
      case 'cut-reset':
      case 'cut-closed':
        if (link !== undefined) pair.cut(link, kind === 'cut-reset' ? 'reset' : 'closed')
        return
      case 'cut-mid-frame':
        if (link !== undefined) link.cutAfterBytes = 1 + this.#random.int(300_000)
        return this.#disturb(120_000)
      case 'silence':
        if (link !== undefined) link.isSilent = true
        return this.#disturb(DEAD_AFTER_MS)
      case 'outage-dark':
      case 'outage-refused': {
        const lengthMs = this.#random.int(90_000)
        pair.outage = kind === 'outage-dark' ? 'dark' : 'refused'
        if (link !== undefined && kind === 'outage-dark') link.isSilent = true
        if (link !== undefined && kind === 'outage-refused') pair.cut(link, 'reset')
        time.at(time.nowMs + lengthMs, () => (pair.outage = 'none'))
        return this.#disturb(lengthMs + DEAD_AFTER_MS)
      }
      case 'stall': {
        const lengthMs = this.#random.int(45_000)
        pair.stall(SIDES[this.#random.int(2)] ?? 'agent', time.nowMs + lengthMs)
        return this.#disturb(lengthMs + DEAD_AFTER_MS)
      }
      case 'duplicate-link':
        if (pair.outage === 'none') pair.openLink()
        return
      case 'racing-links':
        if (pair.outage !== 'none') return
        pair.openLink(500 + this.#random.int(3_000))
        pair.openLink()
        return this.#disturb(10_000)
      case 'delay':
        if (link !== undefined) link.extraDelayMs += this.#random.int(2_000)
        return this.#disturb(60_000)
      case 'hold':
        // Holds do not overlap: what waits for the first end would come after what waits for the second.
        if (link !== undefined && link.holdUntilMs <= time.nowMs) link.holdUntilMs = time.nowMs + this.#random.int(28_000) + 0.5
        return this.#disturb(60_000)
      case 'restart-agent':
      case 'restart-server': {
        this.#restarts += 1
        const side = kind === 'restart-agent' ? 'agent' : 'server'
        this.#program.forget(side)
        return pair.restart(side)
      }
    }
  }

  #disturb(forMs: number): void {
    this.#disturbedUntilMs = Math.max(this.#disturbedUntilMs, this.#pair.time.nowMs + forMs)
  }

  #note(side: Side, effect: SessionEffect): void {
    const count = (what: string): void => void this.#transitions.set(`${side} ${what}`, (this.#transitions.get(`${side} ${what}`) ?? 0) + 1)
    if (effect.kind === 'established') count(effect.isResumed ? 'established resumed' : 'established new')
    if (effect.kind === 'reset') {
      count(`reset ${effect.code}`)
      if (this.#restarts === 0) fail(`${side}: reset without a restart: ${effect.code} ${effect.text}`)
      if (effect.code !== 'session-unknown' && effect.code !== 'peer-restarted') fail(`${side}: reset ${effect.code} ${effect.text}`)
    }
    if (effect.kind !== 'told') return
    const { told } = effect
    switch (told.kind) {
      case 'link-lost':
        count(`lost ${told.why}`)
        return this.#judgeLoss(side, told.why, told.text)
      case 'link-refused':
        return count(`refused ${told.code}`)
      case 'path-learned':
        this.#isLearned ||= side === 'agent'
        return count('path learned')
      case 'clone-seen':
        return fail(`${side}: ${told.text}`)
      case 'path-relaxed':
    }
  }

  /** Quiet times must not lose links, but to a path that forgets, and to that only until it is learned. */
  #judgeLoss(side: Side, why: string, text: string): void {
    const quietMs = this.#pair.time.nowMs - this.#disturbedUntilMs
    if (quietMs < DEAD_AFTER_MS + 15_000) return
    if (this.#pair.path.idleLimitMs !== undefined && this.#pair.path.idleLimitMs < 12_000 && !this.#isLearned) return
    fail(`${side}: link lost without a fault: ${why} ${text}`)
  }

  /** After every step. */
  #check(side: Side): void {
    const session = this.#pair.sessions[side]
    const other = this.#pair.sessions[side === 'agent' ? 'server' : 'agent']
    const { exchange } = session
    if (this.#pair.replay[side].usedBytes !== exchange.bulkBytes) fail(`${side}: the replay budget says ${this.#pair.replay[side].usedBytes}, kept are ${exchange.bulkBytes}`)
    if (exchange.bulkBytes > 32 * MIB) fail(`${side}: ${exchange.bulkBytes} bytes kept for replay`)
    let promised = 0
    for (const stream of exchange.streams.values()) {
      promised += stream.receive.windowBytes - WINDOW_BYTES_FIRST
      if (stream.send.pendingBytes > MIB) fail(`${side}: ${stream.send.pendingBytes} bytes pending`)
      if (stream.send.framedBytes > stream.send.windowLimit) fail(`${side}: stream ${stream.id} beyond its window`)
      if (stream.receive.receivedBytes - stream.receive.consumedBytes > 32 * MIB) fail(`${side}: too much is unread`)
    }
    if (this.#pair.receive[side].usedBytes !== promised) fail(`${side}: the receive budget says ${this.#pair.receive[side].usedBytes}, promised are ${promised}`)
    if (session.live !== undefined && session.live.queuedBytes > 3 * MIB) fail(`${side}: ${session.live.queuedBytes} bytes queued in the link`)
    if (session.sessionId === undefined || other.sessionId === undefined || Buffer.compare(session.sessionId, other.sessionId) !== 0) return
    if (exchange.bulk.ackedSeq > other.exchange.bulkReceived || exchange.control.ackedSeq > other.exchange.controlReceived) fail(`${side}: the peer acknowledged what it does not have`)
  }

  /** Every second of virtual time: the heartbeat, and how long control takes. */
  #tick(): void {
    const { time, sessions } = this.#pair
    for (const side of SIDES) {
      const id = sessions[side].live?.id
      const link = id === undefined ? undefined : this.#pair.links.get(id)
      if (link === undefined || !link.isOpen[side]) continue
      const quietMs = time.nowMs - Math.max(link.lastGivenMs[side], this.#pair.stalledUntilMs(side))
      if (quietMs > viewOf(sessions[side]).heartbeatMs + 1_100) fail(`${side}: nothing was written for ${Math.round(quietMs)} ms`)
    }
    if (time.nowMs - this.#disturbedUntilMs > 45_000) this.#checkControl()
    time.at(time.nowMs + 1_000, () => this.#tick())
  }

  /** On a path at rest, control is acknowledged within what may be in flight and a round trip. */
  #checkControl(): void {
    for (const side of SIDES) {
      const { control } = this.#pair.sessions[side].exchange
      if (control.count === 0) continue
      const seq = control.lastSeq
      const { sessionId } = this.#pair.sessions[side]
      const atMs = this.#pair.time.nowMs
      const delayMs = this.#pair.path.delayMs + (this.#pair.newestLink?.extraDelayMs ?? 0)
      this.#pair.time.at(atMs + 3_500 + 4 * delayMs, () => {
        const session = this.#pair.sessions[side]
        const isSame = session.sessionId === sessionId && this.#disturbedUntilMs < atMs && session.live !== undefined && session.live.upMs < atMs
        const isKnown = this.#pair.path.idleLimitMs === undefined
        if (isSame && isKnown && session.exchange.control.ackedSeq < seq) fail(`${side}: control waited ${Math.round(this.#pair.time.nowMs - atMs)} ms`)
      })
    }
  }
}
