// Single measurements between two hands, each for itself: round trip and clocks, throughput, sizes that pass, and ports that can be reached.
// Everything is bounded in time and bytes. The search for an idle limit is in measure-idle.ts.

import { sleep } from '../../kernel/clock.ts'
import type { PathEnd, PathMtuFacts, ReachFacts, RoundTripFacts, ThroughputFacts, TranslationFacts } from '../../wire/probe/path-facts.ts'
import type { ProbeExchange } from './probe-exchange.ts'

type Security = 'plain' | 'tls'

const PINGS = 20
/** Milliseconds for all of them: on a path of a second a few must do. */
const PINGS_MS_MAX = 8000
/** Milliseconds without an answer that make a message lost: TCP has sent it six times (see idle-search.ts). */
const LOST_MS = 12_000
/** A message of many full packets. */
const LARGE_BYTES = 48 * 1024
/** Sizes of IP packets of interest: below every tunnel, tunnels, Ethernet. */
const PACKET_BYTES = [576, 1000, 1200, 1280, 1340, 1380, 1400, 1420, 1440, 1460, 1480, 1492, 1500] as const
/** Of a packet that a message of ours cannot use: IPv4, TCP with time stamps, our own head. */
const PACKET_HEAD_BYTES = 20 + 32 + 8
/** Of TLS, on top of it. */
const TLS_HEAD_BYTES = 22
const POUR_BYTES = 256 * 1024 * 1024
/** Milliseconds behind the end of pouring for the last of it to arrive. */
const POUR_GRACE_MS = 20_000
/** Milliseconds that a port is open for dialling back, and how long afterwards it is surely closed. */
const PORT_OPEN_MS = 15_000
const PORT_CLOSED_MS = 150
const DIAL_WAIT_MS = 15_000
/** tcpmux, at which nobody has listened for decades. */
const UNUSED_PORT = 1

export interface ClockFacts {
  readonly roundTrip: RoundTripFacts
  readonly clock: { readonly offsetMs: number; readonly errorMs: number }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}

/** As NTP does: of several exchanges the fastest says the most about the clocks. */
export async function measureClocks(exchange: ProbeExchange): Promise<ClockFacts> {
  const { rig } = exchange
  const startedMs = rig.clock.monotonicMs()
  const samples = [await rig.ping()]
  while (samples.length < PINGS && rig.clock.monotonicMs() - startedMs < PINGS_MS_MAX) samples.push(await rig.ping())
  const best = samples.reduce((a, b) => (b.roundTripMs < a.roundTripMs ? b : a))
  return {
    roundTrip: { minMs: tenths(best.roundTripMs), medianMs: tenths(median(samples.map(({ roundTripMs }) => roundTripMs))) },
    clock: { offsetMs: tenths(best.offsetMs), errorMs: tenths(best.roundTripMs / 2) },
  }
}

/** Pours from `from` for `limitMs`; undefined when it cannot be measured. `onPing` gets round trips meanwhile. */
export async function measureThroughput(exchange: ProbeExchange, security: Security, from: PathEnd, limitMs: number, onPing: (roundTripMs: number) => void): Promise<ThroughputFacts | undefined> {
  const { rig } = exchange
  const { connection, event } = await exchange.open(security)
  if (event?.kind !== 'opened') return undefined
  const to = from === 'dialler' ? 'acceptor' : 'dialler'
  let isOver = false
  const ended = exchange.wait(to, limitMs + POUR_GRACE_MS, (seen) => (seen.kind === 'poured' || seen.kind === 'ended') && seen.connection === connection).finally(() => (isOver = true))
  rig.order(from, { kind: 'pour', connection, bytesMax: POUR_BYTES, limitMs })
  const pinging = (async () => {
    for (await sleep(rig.clock, limitMs / 4); !isOver; await sleep(rig.clock, 50)) onPing((await rig.ping()).roundTripMs)
  })()
  pinging.catch(() => undefined)
  const seen = await ended
  exchange.drop(connection)
  return seen?.kind === 'poured' && seen.bytes > 0 ? { from, bytes: seen.bytes, elapsedMs: seen.elapsedMs } : undefined
}

/** Whether large messages of `from` arrive, and if not, up to which size packets do. */
export async function measureMtu(exchange: ProbeExchange, security: Security, from: PathEnd): Promise<PathMtuFacts | undefined> {
  const isPassing = async (bytes: number): Promise<boolean | undefined> => {
    const { connection, event } = await exchange.open(security)
    if (event?.kind !== 'opened') return undefined
    const isSmallAnswered = await exchange.isAnswered(from, connection, 0, LOST_MS)
    const isAnswered = isSmallAnswered && (await exchange.isAnswered(from, connection, bytes, LOST_MS))
    exchange.drop(connection)
    return isSmallAnswered ? isAnswered : undefined
  }
  const isLargePassing = await isPassing(LARGE_BYTES)
  if (isLargePassing === undefined) return undefined
  if (isLargePassing) return { from, isBlackHole: false, passesBytes: PACKET_BYTES.at(-1) ?? 0 }
  const headBytes = PACKET_HEAD_BYTES + (security === 'tls' ? TLS_HEAD_BYTES : 0)
  const results = await Promise.all(PACKET_BYTES.map(async (bytes) => ({ bytes, isAlive: await isPassing(bytes - headBytes) })))
  const passesBytes = Math.max(0, ...results.filter(({ isAlive }) => isAlive === true).map(({ bytes }) => bytes))
  const failsBytes = results.find(({ bytes, isAlive }) => isAlive === false && bytes > passesBytes)?.bytes
  // Without a size that fails alone it was no matter of size.
  return passesBytes === 0 || failsBytes === undefined ? undefined : { from, isBlackHole: true, passesBytes, failsBytes }
}

/**
 * Dials from `from` to a port that the other end opens for it, and to one that it has just closed. An end that opens none, as an agent, is dialled at
 * UNUSED_PORT: a refusal shows that it is reached. `host`: the other end as `from` reaches it.
 */
export async function measureReach(exchange: ProbeExchange, from: PathEnd, host: string): Promise<ReachFacts[]> {
  const to = from === 'dialler' ? 'acceptor' : 'dialler'
  const facts: ReachFacts[] = []
  for (const isOpen of [true, false]) {
    const listening = exchange.wait(to, DIAL_WAIT_MS, (event) => event.kind === 'listening')
    exchange.rig.order(to, { kind: 'listen', limitMs: isOpen ? PORT_OPEN_MS : 1 })
    const event = await listening
    const offered = event?.kind === 'listening' ? event.port : 0
    if (offered === 0 && isOpen) continue
    const port = offered === 0 ? UNUSED_PORT : offered
    if (!isOpen) await sleep(exchange.rig.clock, PORT_CLOSED_MS)
    const token = exchange.newToken()
    const dialled = exchange.wait(from, DIAL_WAIT_MS, (event) => event.kind === 'dialled' && event.token === token)
    exchange.rig.order(from, { kind: 'dial', token, host, port })
    const seen = await dialled
    if (seen?.kind === 'dialled') facts.push({ what: 'TCP', from, to: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, end: seen.end, elapsedMs: seen.elapsedMs, isOpen, text: seen.text })
  }
  return facts
}

export interface OpeningFacts {
  readonly reach: ReachFacts
  readonly translation: readonly TranslationFacts[]
}

/** Opens one probe connection: whether it comes up, and what became of its addresses on the way. */
export async function measureOpening(exchange: ProbeExchange, security: Security, to: string): Promise<OpeningFacts> {
  const what = security === 'tls' ? 'TLS' : 'TCP'
  const { connection, event } = await exchange.open(security)
  exchange.drop(connection)
  const fact = { what, from: 'dialler', to, isOpen: true } as const
  if (event === undefined) return { reach: { ...fact, end: 'timed-out', elapsedMs: 0, text: 'no answer' }, translation: [] }
  if (event.kind === 'ended') return { reach: { ...fact, end: event.end, elapsedMs: 0, text: event.text }, translation: [] }
  const seen = [
    { what: "the dialler's address", own: event.local, seen: event.localAtPeer },
    { what: "the acceptor's address", own: event.remoteAtPeer, seen: event.remote },
  ]
  return { reach: { ...fact, end: 'connected', elapsedMs: event.elapsedMs, text: '' }, translation: seen.filter(({ own, seen: other }) => own !== other) }
}
