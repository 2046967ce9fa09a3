// The Transport to unchanged Amanda clients. A connection is made for each user and ends with it, as with Amanda's own servers: amandad lives no
// longer than its work. What a client understands is asked once an hour; what is learned of its path outlives connections.

import type { Clock } from '../../kernel/clock.ts'
import { sleep } from '../../kernel/clock.ts'
import { Fault, faultOf, systemErrorCode } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import type { ProcessRunner } from '../../kernel/processes.ts'
import type { Random } from '../../kernel/random.ts'
import { DEFAULT_FEATURES, OUR_FEATURES, type FeatureSet } from '../../wire/amanda/features.ts'
import { parseNoopReply } from '../../wire/amanda/noop-reply.ts'
import { formatRequest } from '../../wire/amanda/request.ts'
import { parseErrorLine } from '../../wire/amanda/service-errors.ts'
import type { Connection, Packet, Transport } from '../contract.ts'
import { amandadCommand } from './amandad-command.ts'
import { childPipe } from './child-pipe.ts'
import { ClientConnection, type Carrier, type CarrierHooks } from './client-connection.ts'
import { startsProgram, type StockClientOptions } from './client-options.ts'
import { dial, isLocalAddress, openDatagrams, resolveAddress } from './client-socket.ts'
import { requestFailed } from './requests.ts'
import { socketErrorText } from './socket-errors.ts'
import { socketPipe } from './socket-pipe.ts'
import { tokenCarrier } from './token-carrier.ts'
import type { TokenPipe } from './token-pipe.ts'
import { udpCarrier } from './udp-carrier.ts'

/** A client may be updated while the server runs. */
const FEATURES_KNOWN_MS = 3_600_000
/** Between two tries to connect, as Amanda does. */
const CONNECT_PAUSE_MS = 5000
/** Under inetd's `wait` an amandad that ends takes a request with it that comes at the same moment, and it is sent again 10 s later only. */
const UDP_PAUSE_MS = 500
/** Probes that are sent more often than this help no path. */
const KEEPALIVE_MS_MIN = 1000
const SEQUENCE_LIMIT = 2 ** 31 - 1

export interface StockTransportOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly processes: ProcessRunner
  /** Who runs this process. */
  readonly userName: string
  readonly clients: ReadonlyMap<string, StockClientOptions>
}

interface Known {
  readonly features: FeatureSet
  readonly untilMs: number
}

export class StockTransport implements Transport {
  readonly #options: StockTransportOptions
  readonly #known = new Map<string, Known>()
  /** Of hosts whose path proved to forget connections sooner than the configuration thinks. */
  readonly #keepaliveMs = new Map<string, number>()

  constructor(options: StockTransportOptions) {
    this.#options = options
  }

  async connect(host: string, signal: AbortSignal): Promise<Connection> {
    const client = this.#options.clients.get(host)
    if (client === undefined) throw new Fault('host-unknown', `${host} is no client of Amanda in the configuration`)
    const connection = await this.#open(host, client, signal)
    try {
      connection.useFeatures(await this.#featuresOf(host, client, connection, signal))
      return connection
    } catch (error) {
      await connection.close(faultOf(error))
      throw error
    }
  }

  async #open(host: string, client: StockClientOptions, signal: AbortSignal): Promise<ClientConnection> {
    const { clock, log } = this.#options
    const connectionOf = (firstHandle: number, createCarrier: (hooks: CarrierHooks) => Carrier): ClientConnection =>
      new ClientConnection({ host, client, clock, log, firstHandle, createCarrier, onIdleLoss: (idleMs) => this.#learn(host, client, idleMs) })
    // Amanda's servers count from 1 on connections and from 0 in datagrams.
    const { auth } = client
    if (auth !== 'bsdudp' && auth !== 'bsd') {
      const pipe = startsProgram(auth) ? await this.#startAmandad(host, client) : socketPipe(await this.#dialTried(host, client, signal), clock)
      return connectionOf(1, (hooks) => tokenCarrier(pipe, clock, hooks))
    }
    const address = await resolveAddress(client.address).catch((error: unknown) => {
      throw failedToConnect(host, client, error)
    })
    const datagrams = await openDatagrams(address, client.port, client.reservedUdpPorts, this.#options.random).catch((error: unknown) => {
      throw failedToConnect(host, client, error)
    })
    const dialStream = (port: number): ReturnType<typeof dial> => dial({ ...this.#dialOptions(host, client), address, port, fromPorts: client.unreservedTcpPorts }, new AbortController().signal)
    return connectionOf(0, (hooks) => udpCarrier({ host, auth, datagrams, clock, sequence: this.#options.random.int(SEQUENCE_LIMIT), dialStream }, hooks))
  }

  async #startAmandad(host: string, client: StockClientOptions): Promise<TokenPipe> {
    const { processes, clock, userName } = this.#options
    if (client.auth === 'local' && !(await isLocalAddress(client.address).catch((error: unknown) => {
      throw failedToConnect(host, client, error)
    }))) throw requestFailed(host, `${client.address}: is not local`)
    const { name, argv } = amandadCommand(client, this.#keepaliveOf(host, client), userName)
    try {
      return childPipe(name, await processes.start({ argv }), clock)
    } catch (error) {
      throw requestFailed(host, `couldn't exec ${argv[0]}: ${socketErrorText(faultOf(error).cause)}`, error)
    }
  }

  #keepaliveOf(host: string, client: StockClientOptions): number {
    return this.#keepaliveMs.get(host) ?? client.keepaliveMs
  }

  #dialOptions(host: string, client: StockClientOptions): Parameters<typeof dial>[0] {
    const { address, port, reservedTcpPorts, connectTimeoutMs } = client
    return { address, port, fromPorts: reservedTcpPorts, timeoutMs: connectTimeoutMs, keepaliveMs: this.#keepaliveOf(host, client), random: this.#options.random }
  }

  async #dialTried(host: string, client: StockClientOptions, signal: AbortSignal): ReturnType<typeof dial> {
    for (let triesLeft = client.connectTries - 1; ; triesLeft--) {
      try {
        return await dial(this.#dialOptions(host, client), signal)
      } catch (error) {
        const fault = failedToConnect(host, client, error)
        if (triesLeft <= 0 || fault.code !== 'agent-unreachable') throw fault
        await sleep(this.#options.clock, CONNECT_PAUSE_MS, signal)
      }
    }
  }

  async #featuresOf(host: string, client: StockClientOptions, connection: Connection, signal: AbortSignal): Promise<FeatureSet> {
    const { clock } = this.#options
    const known = this.#known.get(host)
    if (known !== undefined && clock.monotonicMs() < known.untilMs) return known.features
    const features = featuresIn(host, await lastOf(connection.request('noop', formatRequest('noop', { features: OUR_FEATURES }), signal)))
    this.#known.set(host, { features, untilMs: clock.monotonicMs() + FEATURES_KNOWN_MS })
    if (client.auth === 'bsdudp' || client.auth === 'bsd') await sleep(clock, UDP_PAUSE_MS, signal)
    return features
  }

  /** Half of what was too long. Not learned: a connection that broke although a probe could hardly have been due. */
  #learn(host: string, client: StockClientOptions, idleMs: number): void {
    const currentMs = this.#keepaliveOf(host, client)
    if (idleMs < currentMs || currentMs <= KEEPALIVE_MS_MIN) return
    const keepaliveMs = Math.max(KEEPALIVE_MS_MIN, Math.floor(currentMs / 2))
    this.#keepaliveMs.set(host, keepaliveMs)
    this.#options.log.warn(`the path to ${host} lost a connection that was idle: keepalive is sent more often from now on`, { keepaliveMs })
  }
}

async function lastOf(packets: AsyncIterable<Packet>): Promise<Packet | undefined> {
  let last: Packet | undefined
  for await (const packet of packets) last = packet
  return last
}

function featuresIn(host: string, answer: Packet | undefined): FeatureSet {
  if (answer?.kind === 'rep') return parseNoopReply(answer.body)
  const text = answer?.body.trim() ?? ''
  // Amanda 2.4.2 and older have no such service.
  if (text.includes('noop: invalid service')) return DEFAULT_FEATURES
  throw new Fault('agent-refused', `${host} refused noop: ${parseErrorLine(text) ?? text}`, { next: `Correct on ${host} what its answer names: \`holdfast doctor explain\` knows the usual ones.` })
}

function failedToConnect(host: string, { address }: StockClientOptions, error: unknown): Fault {
  if (error instanceof Fault) return error.code === 'agent-unreachable' ? requestFailed(host, error.message, error) : error
  const code = systemErrorCode(error)
  if (code === 'ENOTFOUND') return requestFailed(host, `resolve_hostname(${address}): Name or service not known`, error)
  if (code === 'EAI_AGAIN') return requestFailed(host, `resolve_hostname(${address}): Temporary failure in name resolution`, error)
  return requestFailed(host, socketErrorText(error), error)
}
