// One whole measurement between two hands that are ours: the single ones first, then the search for an idle limit, which takes as long as it
// takes. What cannot be measured is said in `unmeasured`, and does not keep the rest from being measured. Ends early only by its signal, or when
// the control channel ends before the search.

import { faultOf } from '../../kernel/fault.ts'
import type { IdleFacts, NameFacts, PathEnd, PathFacts, PathMtuFacts, PathProgress, ReachFacts, ThroughputFacts, TranslationFacts } from '../../wire/probe/path-facts.ts'
import { measureIdle } from './measure-idle.ts'
import { measureClocks, measureMtu, measureOpening, measureReach, measureThroughput, type ClockFacts } from './measure-single.ts'
import { ProbeExchange, type PathRig } from './probe-exchange.ts'

export interface PathOptions {
  readonly upToMs: number
  /** Milliseconds of pouring in each direction. */
  readonly pourMs: number
}

/** Who is measured, for the facts. */
export interface PathSubject {
  readonly peer: string
  readonly kind: 'agent' | 'listener'
  readonly program: string
  readonly dialler: string
  readonly acceptor: string
  readonly names: readonly NameFacts[]
  /** How probe connections are made, and how else they are tried. */
  readonly security: 'plain' | 'tls'
  readonly alsoTried: readonly ('plain' | 'tls')[]
  /** Where each end reaches the other. */
  readonly acceptorAddress: { readonly host: string; readonly port: number }
  readonly diallerHost: string
  /** Ends that may dial ports which the other one opens: an agent dials nothing but its server's port. */
  readonly diallingBackFrom: readonly PathEnd[]
}


export const QUICK_OPTIONS: PathOptions = { upToMs: 40_000, pourMs: 1500 }
export const DEFAULT_OPTIONS: PathOptions = { upToMs: 3_900_000, pourMs: 3000 }
/** Milliseconds that everything before the search takes as a rule. */
const SINGLE_MS = 6000
/** A path on which connections come up so much faster than its peer answers is answered by something nearer. */
const NEAR_RATIO = 3
const NEAR_MS = 8

class PathMeasurement {
  readonly #exchange: ProbeExchange
  readonly #subject: PathSubject
  readonly #options: PathOptions
  readonly #tell: (progress: PathProgress) => void
  readonly #startedMs: number
  /** The quickest answer while the path was loaded. */
  #leastMs = Number.POSITIVE_INFINITY
  readonly unmeasured: string[] = []

  constructor(rig: PathRig, subject: PathSubject, options: PathOptions, onProgress: (progress: PathProgress) => void) {
    this.#exchange = new ProbeExchange(rig)
    this.#subject = subject
    this.#options = options
    this.#tell = onProgress
    this.#startedMs = rig.clock.monotonicMs()
  }

  async run(signal: AbortSignal): Promise<PathFacts> {
    const { peer, kind, program, dialler, acceptor, names } = this.#subject
    this.#step('clocks')
    const clocks = await measureClocks(this.#exchange)
    this.#step('ports')
    const { reach, translation } = await this.#ports(signal)
    signal.throwIfAborted()
    this.#step('packet sizes')
    const mtu = await this.#mtu()
    signal.throwIfAborted()
    this.#step('throughput')
    const { throughput, loadedMs } = await this.#throughput(mtu)
    signal.throwIfAborted()
    const idle = await this.#idle(clocks, signal)
    return {
      peer, kind, program, dialler, acceptor, names, throughput, reach, mtu, translation, idle,
      roundTrip: { ...clocks.roundTrip, ...(loadedMs === undefined ? {} : { loadedMs }) },
      clock: clocks.clock,
      // A machine that was busy when the clocks were compared answers late once, and not always.
      proxy: proxySigns(reach, Math.min(clocks.roundTrip.minMs, this.#leastMs)),
      unmeasured: this.unmeasured,
    }
  }

  #step(step: PathProgress['step'], elapsedMs = this.#exchange.rig.clock.monotonicMs() - this.#startedMs): void {
    this.#tell({ step, elapsedMs, totalMs: SINGLE_MS + 2 * this.#options.pourMs + this.#options.upToMs * 1.05 })
  }

  async #ports(signal: AbortSignal): Promise<{ readonly reach: ReachFacts[]; readonly translation: readonly TranslationFacts[] }> {
    const { security, alsoTried, acceptorAddress, diallerHost, diallingBackFrom } = this.#subject
    const { host, port } = acceptorAddress
    const to = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    const opening = await measureOpening(this.#exchange, security, to)
    const others = await Promise.all(alsoTried.map((other) => measureOpening(this.#exchange, other, to)))
    signal.throwIfAborted()
    const dialled = await Promise.all(diallingBackFrom.map((from) => measureReach(this.#exchange, from, from === 'dialler' ? host : diallerHost)))
    return { reach: [opening, ...others].map(({ reach }) => reach).concat(dialled.flat()), translation: opening.translation }
  }

  async #mtu(): Promise<PathMtuFacts[]> {
    const found = await Promise.all((['dialler', 'acceptor'] as const).map((from) => measureMtu(this.#exchange, this.#subject.security, from)))
    const facts = found.filter((fact) => fact !== undefined)
    if (facts.length < found.length) this.unmeasured.push('which packet sizes pass in each direction: connections for it did not come up or ended')
    return facts
  }

  async #throughput(mtu: readonly PathMtuFacts[]): Promise<{ readonly throughput: ThroughputFacts[]; readonly loadedMs: number | undefined }> {
    const throughput: ThroughputFacts[] = []
    const loaded: number[] = []
    for (const from of ['dialler', 'acceptor'] as const satisfies readonly PathEnd[]) {
      if (mtu.some((fact) => fact.from === from && fact.isBlackHole)) {
        this.unmeasured.push(`the throughput from the ${from}: its large packets vanish`)
        continue
      }
      const fact = await measureThroughput(this.#exchange, this.#subject.security, from, this.#options.pourMs, (roundTripMs) => {
        loaded.push(roundTripMs)
        this.#leastMs = Math.min(this.#leastMs, roundTripMs)
      })
      if (fact === undefined) this.unmeasured.push(`the throughput from the ${from}: the connection for it did not come up, or ended`)
      else throughput.push(fact)
    }
    const middle = loaded.toSorted((a, b) => a - b)[Math.floor(loaded.length / 2)]
    return { throughput, loadedMs: middle === undefined ? undefined : Math.round(middle * 10) / 10 }
  }

  async #idle(clocks: ClockFacts, signal: AbortSignal): Promise<IdleFacts> {
    const startedMs = this.#exchange.rig.clock.monotonicMs() - this.#startedMs
    const options = { upToMs: this.#options.upToMs, security: this.#subject.security, speakers: ['dialler', 'acceptor'] as const, isKept: true, roundTripMs: clocks.roundTrip.medianMs }
    return await measureIdle(this.#exchange, options, (elapsedMs) => this.#step('idle limit', startedMs + elapsedMs), signal)
  }
}

/** What a path that is only a path does not do. */
export function proxySigns(reach: readonly ReachFacts[], roundTripMs: number): string[] {
  const signs: string[] = []
  for (const { what, from, to, end, elapsedMs, isOpen, text } of reach) {
    if (!isOpen && end === 'connected') signs.push(`a connection from the ${from} to ${to} came up although nothing listens there`)
    if (end === 'key-mismatch') signs.push(`${what} from the ${from} to ${to}: ${text}`)
    if (isOpen && what === 'TCP' && end === 'connected' && elapsedMs * NEAR_RATIO < roundTripMs && roundTripMs - elapsedMs > NEAR_MS) signs.push(`a connection from the ${from} to ${to} came up within ${elapsedMs} ms, but the peer answers only after ${roundTripMs} ms`)
  }
  return signs
}

/** Measures everything. Rejects with `cancelled`, or `connection-lost` when the control channel ended before the search for an idle limit. */
export async function measurePath(rig: PathRig, subject: PathSubject, options: PathOptions, onProgress: (progress: PathProgress) => void, signal: AbortSignal): Promise<PathFacts> {
  try {
    return await new PathMeasurement(rig, subject, options, onProgress).run(signal)
  } catch (error) {
    throw faultOf(error)
  }
}
