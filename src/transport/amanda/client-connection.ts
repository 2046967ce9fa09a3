// The Connection contract to one stock client, whatever carries packets and streams (token-carrier.ts, udp-carrier.ts). Adds what every REQ of
// Amanda's bsd family begins with, leaves out of it what the client does not know, and says of a loss which stream broke and how long it was idle.

import type { Clock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import { parseConnectReply } from '../../wire/amanda/connect-reply.ts'
import type { FeatureSet } from '../../wire/amanda/features.ts'
import { formatOptionsLine, parseOptionsLine, type OptionsLine } from '../../wire/amanda/options-line.ts'
import type { AmandaPacket } from '../../wire/amanda/packet.ts'
import type { ByteStream, Connection, Packet, Peer, ServiceName, StreamHandle } from '../contract.ts'
import { startsProgram, type StockClientOptions } from './client-options.ts'
import { requestFailed, Requests } from './requests.ts'
import type { AmandaStream } from './stream.ts'
import { UNEXPECTED_END } from './token-pipe.ts'

/** No limit for idle connections that was ever seen is shorter. */
const IDLE_MS_MIN = 5000

/** What amandad serves by default. */
const STOCK_SERVICES: ReadonlySet<ServiceName> = new Set(['noop', 'selfcheck', 'sendsize', 'sendbackup'])

/** For a sendbackup to answer with its streams: what Amanda's dumper allows. */
const SENDBACKUP_REPLY_MS = 60_000

export interface Carrier {
  sendPacket(handle: number, packet: AmandaPacket): void
  forget(handle: number): void
  whySilent(): string | undefined
  /** Opens what a CONNECT line of a REP names, by its handles. Those that came over a carrier's own connection are there at once. */
  openStreams(named: readonly (readonly [AmandaStream['name'], number])[]): Promise<readonly AmandaStream[]>
  /** `isGraceful`: what was sent goes out first. */
  close(isGraceful: boolean): void
}

export interface CarrierHooks {
  readonly onPacket: (handle: number, packet: AmandaPacket) => void
  /** `stream`: the only one that broke; undefined: the connection that carries all. */
  readonly onLost: (cause: string, stream?: AmandaStream) => void
}

export interface ClientConnectionOptions {
  readonly host: string
  readonly client: StockClientOptions
  readonly clock: Clock
  readonly log: Log
  readonly firstHandle: number
  readonly createCarrier: (hooks: CarrierHooks) => Carrier
  /** A connection was lost `idleMs` after something had last moved on it. */
  readonly onIdleLoss: (idleMs: number) => void
}

export class ClientConnection implements Connection {
  readonly peer: Peer
  readonly closed: Promise<Fault>
  readonly #options: ClientConnectionOptions
  readonly #carrier: Carrier
  readonly #requests: Requests
  readonly #untaken = new Map<StreamHandle, AmandaStream>()
  readonly #streams = new Set<AmandaStream>()
  #features: FeatureSet | undefined
  #over: Fault | undefined
  #hasAnswered = false
  #tellClosed: (reason: Fault) => void = () => {}

  constructor(options: ClientConnectionOptions) {
    this.#options = options
    this.peer = { host: options.host }
    this.closed = new Promise((resolve) => (this.#tellClosed = resolve))
    this.#carrier = options.createCarrier({
      onPacket: (handle, packet) => {
        this.#hasAnswered = true
        this.#requests.take(handle, packet)
      },
      onLost: (cause, stream) => this.#lose(cause, stream),
    })
    const carrier = this.#carrier
    this.#requests = new Requests(options.host, options.clock, {
      sendPacket: (handle, packet) => carrier.sendPacket(handle, packet),
      forget: (handle) => carrier.forget(handle),
      whySilent: () => carrier.whySilent(),
      announce: (body) => this.#announce(body),
    }, options.firstHandle)
  }

  /** From now on requests say nothing that a client with `features` does not know. */
  useFeatures(features: FeatureSet): void {
    this.#features = features
  }

  async *request(service: ServiceName, body: string, signal?: AbortSignal): AsyncGenerator<Packet> {
    if (this.#over !== undefined) throw this.#over
    if (signal?.aborted === true) throw new Fault('cancelled', `the request ${service} was cancelled`)
    if (!STOCK_SERVICES.has(service)) throw new Fault('agent-refused', `${this.peer.host} is a client of Amanda, which has no service ${service} for a server`, { next: 'Restore on this server with `--to`, or give the host an agent of Holdfast.' })
    const { auth, user, requestTries } = this.#options.client
    // Who may start amandad may use it.
    const security = startsProgram(auth) ? '' : `SECURITY USER ${user}\n`
    yield* this.#requests.request(service, `${security}SERVICE ${service}\n${fitted(body, this.#features, this.peer.host)}`, { requestTries, replyWaitMs: this.#replyWaitMs(service) }, signal)
  }

  stream(handle: StreamHandle): ByteStream {
    if (this.#over !== undefined) throw this.#over
    const stream = this.#untaken.get(handle)
    if (stream === undefined) throw new Fault('wire-malformed', `stream ${handle} was not announced or is taken already`)
    this.#untaken.delete(handle)
    return stream
  }

  close(reason: Fault): Promise<void> {
    if (this.#over !== undefined) return Promise.resolve()
    // Streams that are open would hang in the air: the client must see at once that nobody reads them.
    const isGraceful = [...this.#streams].every((stream) => !stream.isOpen)
    this.#end(reason, () => reason, isGraceful)
    return Promise.resolve()
  }

  #replyWaitMs(service: ServiceName): number {
    if (service === 'sendbackup') return SENDBACKUP_REPLY_MS
    return service === 'sendsize' ? this.#options.client.estimateTimeoutMs : this.#options.client.replyTimeoutMs
  }

  async #announce(body: string): Promise<void> {
    const named = streamsNamedIn(body)
    if (named.length === 0) return
    const opening = this.#carrier.openStreams(named)
    for (const stream of await opening) {
      if (this.#over !== undefined) stream.lose(this.#over)
      this.#streams.add(stream)
      this.#untaken.set(stream.handle, stream)
    }
  }

  /** The words of Amanda's dumper and planner, which the doctor knows, and what they do not say: how long nothing had moved. */
  #lose(cause: string, broken?: AmandaStream): void {
    if (this.#over !== undefined) return
    const { host, client, log, onIdleLoss } = this.#options
    const open = [...this.#streams].filter((stream) => stream.isOpen)
    if (open.length === 0 && !this.#requests.isWaiting) {
      // All is said; a client that ends then may even end with a reset.
      const reason = new Fault('connection-lost', `${host} has closed the connection`)
      this.#end(reason, () => reason, true)
      return
    }
    const idleMs = Math.min(...(broken === undefined ? open : [broken]).map((stream) => stream.idleMs))
    // A program that ends before the first word has not reached amandad.
    const isUnreached = startsProgram(client.auth) && !this.#hasAnswered
    // Where something moved a moment ago nothing was forgotten: whoever spoke has gone.
    const isCut = /reset by peer|timed out|not responding/.test(cause) && idleMs >= IDLE_MS_MIN && !isUnreached
    log.warn(`the connection to ${host} broke: ${cause}`, {
      ...(isUnreached ? {} : { code: isCut ? 'idle-connection-cut' : 'client-ended-early' }), auth: client.auth, stream: broken?.name ?? open.map(({ name }) => name).join(' '),
      idle: open.map((stream) => `${stream.name} ${seconds(stream.idleMs)}`).join(', '), keepaliveMs: client.keepaliveMs,
    })
    if (isCut && Number.isFinite(idleMs)) onIdleLoss(idleMs)
    const read = client.auth === 'bsd' ? '' : 'Xrecv error: '
    const of = (stream: AmandaStream): Fault => {
      const age = `${seconds(stream.idleMs)} after the last byte of ${stream.name}`
      if (isCut) return new Fault('connection-lost', `${stream.name.toLowerCase()} read: ${read}${cause}, ${age}`)
      return new Fault('dump-incomplete', `the client ended the dump without saying that it was complete: ${cause}, ${age}`)
    }
    const reason = broken === undefined ? undefined : of(broken)
    const text = cause === UNEXPECTED_END ? `EOF on read from ${host}` : isCut ? `${read}${cause}` : cause
    this.#end(reason ?? (isUnreached ? requestFailed(host, text) : new Fault('connection-lost', `Request to ${host} failed: ${text}`)), reason === undefined ? of : () => reason, false)
  }

  #end(reason: Fault, reasonOf: (stream: AmandaStream) => Fault, isGraceful: boolean): void {
    this.#over = reason
    this.#requests.close(reason)
    for (const stream of this.#streams) stream.lose(reasonOf(stream))
    this.#carrier.close(isGraceful)
    this.#streams.clear()
    this.#untaken.clear()
    this.#tellClosed(reason)
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}

function streamsNamedIn(body: string): readonly (readonly [AmandaStream['name'], number])[] {
  if (!body.startsWith('CONNECT ')) return []
  try {
    const reply = parseConnectReply(body)
    return reply.kind === 'connect' ? [...reply.streams] : []
  } catch {
    // Whoever asked reads the reply as well, and says what is wrong with it.
    return []
  }
}

/** `body` without options that its reader would answer with an error. Throws `version-unsupported` for disks that it could not read. */
function fitted(body: string, features: FeatureSet | undefined, host: string): string {
  if (features === undefined || !body.startsWith('OPTIONS ')) return body
  const lineEnd = body.indexOf('\n')
  const rest = body.slice(lineEnd + 1)
  if (rest !== '' && !features.has('reqXml')) throw new Fault('version-unsupported', `Amanda on ${host} is older than 2.6.1 and reads no disks in XML`, { next: `Update Amanda on ${host}, or give the host an agent of Holdfast.` })
  const { features: ours, auth, hostname, maxDumps, config, timestamp } = parseOptionsLine(body.slice(0, lineEnd))
  const options: OptionsLine = {
    ...(ours !== undefined && features.has('reqOptionsFeatures') ? { features: ours } : {}),
    ...(maxDumps !== undefined && features.has('reqOptionsMaxdumps') ? { maxDumps } : {}),
    ...(hostname !== undefined && features.has('reqOptionsHostname') ? { hostname } : {}),
    ...(auth === undefined ? {} : { auth }),
    ...(config !== undefined && features.has('reqOptionsConfig') ? { config } : {}),
    ...(timestamp !== undefined && features.has('reqOptionsTimestamp') ? { timestamp } : {}),
  }
  return `${formatOptionsLine(options)}\n${rest}`
}
