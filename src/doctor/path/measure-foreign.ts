// What can be measured to a peer that is not ours: whether its port is reached, how fast connections come up, and how long a silent one lives, up to
// the peer's own patience. Only this end can speak, so a limit of the other direction is not seen. Bounded: such a peer may start a process for
// each connection, so they are few and are opened slowly.

import { sleep, type Clock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { BareHand, learnReaction, type BareReaction } from '../../transport/probe/bare-hand.ts'
import type { ProbeNetwork } from '../../transport/probe/probe-link.ts'
import type { IdleFacts, NameFacts, PathFacts, PathProgress } from '../../wire/probe/path-facts.ts'
import { measureIdle } from './measure-idle.ts'
import type { PathOptions } from './measure-path.ts'
import { ProbeExchange, type PathRig, type RigListener } from './probe-exchange.ts'

export interface ForeignSubject {
  readonly peer: string
  readonly dialler: string
  readonly names: readonly NameFacts[]
  readonly host: string
  readonly port: number
  /** What was seen of it instead of our protocol. */
  readonly saw: string
}

const CONNECTS = 8
const CONNECT_MS_MAX = 10_000
const REACTION_MS_MAX = 8000
/** Milliseconds between two connections that show that the path lives; see CONTROL_LIFE_MS of idle-search.ts. */
const LIFE_MS = 2500
/** Milliseconds. No server waits longer for a request; amandad does so for 30 s. */
const UP_TO_MS_MAX = 150_000

interface ForeignTools {
  readonly clock: Clock
  readonly network: ProbeNetwork
}

/** A hand that dials, and instead of a control channel a connection every now and then. */
function rigOf({ clock, network }: ForeignTools, { host, port }: ForeignSubject, reaction: BareReaction, signal: AbortSignal): PathRig {
  let listener: RigListener | undefined
  const hand = new BareHand(clock, network, reaction, (event) => listener?.event('dialler', event))
  const watch = async (next: RigListener): Promise<void> => {
    for (;;) {
      if ((await network.knock(host, port, CONNECT_MS_MAX)).end === 'connected') next.heard()
      await sleep(clock, LIFE_MS, signal)
    }
  }
  return {
    clock,
    order: (end, order) => {
      if (end === 'dialler') hand.order(order)
    },
    ping: () => Promise.reject(new Fault('internal', 'a peer that is not ours answers no ping')),
    cutCount: () => 0,
    listen(next) {
      listener = next
      watch(next).catch(() => undefined)
    },
  }
}

/** An end that comes by itself is the peer's own patience as a rule, and the search has then seen all that it could see. */
function withoutPatience(idle: IdleFacts): { readonly idle: IdleFacts; readonly note: string | undefined } {
  const { limit, ...rest } = idle
  if (limit === undefined || !limit.isUnprompted) return { idle, note: undefined }
  return { idle: { ...rest, outcome: 'none', testedMs: Math.max(limit.lastAliveMs, idle.testedMs) }, note: `an idle limit beyond ${Math.round(limit.firstDeadMs / 1000)} s: the peer itself ends connections that are silent for so long` }
}

async function idleOf(tools: ForeignTools, subject: ForeignSubject, upToMs: number, onElapsed: (elapsedMs: number) => void, signal: AbortSignal, unmeasured: string[]): Promise<IdleFacts> {
  const reaction = await learnReaction(tools.clock, tools.network, REACTION_MS_MAX)
  if (reaction === 'none') return { outcome: 'unmeasured', testedMs: 0, keepalive: [], heartbeat: [], connections: 0, lostCount: 0, reason: 'the peer does not react to anything that it does not understand' }
  if (reaction === 'reset') unmeasured.push('a firewall that answers by a reset: the peer itself resets connections on which it understands nothing')
  const life = new AbortController()
  try {
    const exchange = new ProbeExchange(rigOf(tools, subject, reaction, AbortSignal.any([signal, life.signal])))
    const found = withoutPatience(await measureIdle(exchange, { upToMs, security: 'plain', speakers: ['dialler'], isKept: false, roundTripMs: 0 }, onElapsed, signal))
    if (found.note !== undefined) unmeasured.push(found.note)
    return found.idle
  } finally {
    life.abort()
  }
}

/** Rejects with `cancelled`. */
export async function measureForeign(tools: ForeignTools, subject: ForeignSubject, options: PathOptions, onProgress: (progress: PathProgress) => void, signal: AbortSignal): Promise<PathFacts> {
  const { clock, network } = tools
  const { peer, dialler, names, host, port, saw } = subject
  const upToMs = Math.min(options.upToMs, UP_TO_MS_MAX)
  const startedMs = clock.monotonicMs()
  const tell = (step: PathProgress['step']): void => onProgress({ step, elapsedMs: clock.monotonicMs() - startedMs, totalMs: upToMs * 1.05 })
  const times: number[] = []
  tell('ports')
  for (let count = 0; count < CONNECTS; count++) {
    const beganMs = clock.monotonicMs()
    const { end } = await network.knock(host, port, CONNECT_MS_MAX)
    if (end === 'connected') times.push(Math.round((clock.monotonicMs() - beganMs) * 10) / 10)
    await sleep(clock, 50, signal)
  }
  const unmeasured = [`the other direction, clocks, throughput and packet sizes: what answers is not Holdfast (${saw})`]
  const idle = await idleOf(tools, subject, upToMs, () => tell('idle limit'), signal, unmeasured)
  const sorted = times.toSorted((a, b) => a - b)
  const [minMs] = sorted
  return {
    peer, kind: 'foreign', dialler, acceptor: host, names, throughput: [], mtu: [], translation: [], proxy: [], idle, unmeasured,
    ...(minMs === undefined ? {} : { connectMs: minMs, roundTrip: { minMs, medianMs: sorted[Math.floor(sorted.length / 2)] ?? minMs } }),
    reach: [{ what: 'TCP', from: 'dialler', to: peer, end: minMs === undefined ? 'timed-out' : 'connected', elapsedMs: Math.round(minMs ?? 0), isOpen: true, text: '' }],
  }
}
