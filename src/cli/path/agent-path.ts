// Measurements of the path between this server and its agents: the agent's hand dials the tether port, the server's own hand takes these
// connections, and orders to the agent go through the tether. Connections of a measurement are let in only from the key of an agent that is
// being measured, and only with the session of that measurement.

import { measurePath } from '../../doctor/path/measure-path.ts'
import type { PathRig, RigListener } from '../../doctor/path/probe-exchange.ts'
import type { Clock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import type { EventSink } from '../../kernel/log.ts'
import type { Random } from '../../kernel/random.ts'
import type { ControlRequest, ControlResults, ServerEvent } from '../../server/control/contract.ts'
import type { ByteStream, Connection, Transport } from '../../transport/contract.ts'
import { ControlChannel } from '../../transport/probe/control-channel.ts'
import { sendAway, takeFirstHello } from '../../transport/probe/first-hello.ts'
import { PROBE_UNKNOWN_MAX } from '../../transport/probe/limits.ts'
import { ProbeHand } from '../../transport/probe/probe-hand.ts'
import type { ProbeLink } from '../../transport/probe/probe-link.ts'
import { createProbeNetwork } from '../../transport/probe/probe-sockets.ts'
import { streamPipe } from '../../transport/probe/stream-pipe.ts'
import { parseConnectReply } from '../../wire/amanda/connect-reply.ts'
import { isProbeEvent } from '../../wire/probe/frame.ts'
import { formatProbeRequest } from '../../wire/probe/probe-request.ts'
import { hostOf, nameFacts } from './path-names.ts'

type MeasureRequest = Extract<ControlRequest, { kind: 'measure-path' }>

export interface AgentPathDoors {
  readonly clock: Clock
  readonly random: Random
  readonly transport: Transport
  readonly program: string
  readonly hostName: string
  readonly connectTimeoutMs: number
  readonly programOf: (host: string) => string | undefined
  /** `address:port` of the host's last link. */
  readonly remoteOf: (host: string) => string | undefined
  /** Links of the host that were lost so far. */
  readonly cutsOf: (host: string) => number
  /** Where agents find this server. */
  readonly serverAddress: () => { readonly host: string; readonly port: number }
}

interface Measured {
  readonly session: Uint8Array
  readonly hand: ProbeHand
}

export class AgentPaths {
  readonly #doors: AgentPathDoors
  readonly #measured = new Map<string, Measured>()
  #unknown = 0

  constructor(doors: AgentPathDoors) {
    this.#doors = doors
  }

  /** A connection that the key of `host` has opened for a measurement. */
  take(link: ProbeLink, host: string): void {
    if (!this.#measured.has(host) || this.#unknown >= PROBE_UNKNOWN_MAX) return sendAway(link, 'unknown-session', 'no measurement of that host goes on')
    this.#unknown += 1
    takeFirstHello(
      link,
      this.#doors.clock,
      ({ role, session, connection }) => {
        const measured = this.#measured.get(host)
        if (measured === undefined || role !== 'probe' || !Buffer.from(measured.session).equals(session)) return sendAway(link, 'unknown-session', 'no such measurement goes on')
        measured.hand.accept(link, connection)
      },
      () => (this.#unknown -= 1),
    )
  }

  /** Rejects with `agent-busy`, `agent-refused`, or why the agent cannot be reached. */
  async measure({ host, upToMs, pourMs }: MeasureRequest, emit: EventSink<ServerEvent>, signal: AbortSignal): Promise<ControlResults['measure-path']> {
    const { clock, random, transport, program, hostName, connectTimeoutMs } = this.#doors
    if (this.#measured.has(host)) throw new Fault('agent-busy', `the path to ${host} is being measured already`)
    const session = random.bytes(16)
    let listener: RigListener | undefined
    const hand = new ProbeHand({ clock, network: createProbeNetwork([], () => undefined), session, program, host: hostName, emit: (event) => listener?.event('acceptor', event) })
    this.#measured.set(host, { session, hand })
    try {
      const connection = await transport.connect(host, AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]))
      try {
        const channel = new ControlChannel(streamPipe(await askForHand(connection, host, session, signal)), clock)
        const rig = this.#rigOf(host, channel, hand, (next) => (listener = next))
        try {
          return { facts: await measurePath(rig, await this.#subject(host), { upToMs, pourMs }, (progress) => emit({ kind: 'path-progress', atMs: clock.wallMs(), progress }), signal) }
        } finally {
          channel.close('done', 'the measurement has ended')
        }
      } finally {
        await connection.close(new Fault('cancelled', 'the measurement has ended'))
      }
    } finally {
      this.#measured.delete(host)
      hand.close()
    }
  }

  #rigOf(host: string, channel: ControlChannel, hand: ProbeHand, onListener: (listener: RigListener) => void): PathRig {
    const { clock, cutsOf } = this.#doors
    return {
      clock,
      order: (end, order) => (end === 'dialler' ? channel.send(order) : hand.order(order)),
      // The channel asks the dialler; the facts are about the acceptor.
      ping: async () => {
        const { roundTripMs, offsetMs } = await channel.ping()
        return { roundTripMs, offsetMs: -offsetMs }
      },
      cutCount: () => cutsOf(host),
      listen(next) {
        onListener(next)
        channel.listen({
          frame: (frame) => {
            if (isProbeEvent(frame)) next.event('dialler', frame)
          },
          heard: () => next.heard(),
          down: (reason) => next.down(reason),
        })
      },
    }
  }

  async #subject(host: string): Promise<Parameters<typeof measurePath>[1]> {
    const { programOf, remoteOf, hostName, serverAddress } = this.#doors
    const diallerHost = hostOf(remoteOf(host) ?? host)
    return { peer: host, kind: 'agent', program: programOf(host) ?? 'holdfast', dialler: host, acceptor: hostName, names: [await nameFacts(diallerHost)], security: 'tls', alsoTried: [], acceptorAddress: serverAddress(), diallerHost, diallingBackFrom: ['acceptor'] }
  }
}

/** The stream to a hand at the agent. */
async function askForHand(connection: Connection, host: string, session: Uint8Array, signal: AbortSignal): Promise<ByteStream> {
  for await (const packet of connection.request('probe', formatProbeRequest(session), signal)) {
    if (packet.kind === 'prep') continue
    if (packet.kind === 'nak') throw new Fault('agent-refused', `the agent of ${host} does not measure: ${packet.body.trim()}`, { next: 'An older agent knows no measurements: update it. Otherwise its log says why.' })
    const reply = parseConnectReply(packet.body)
    const handle = reply.kind === 'connect' ? reply.streams.get('CTL') : undefined
    if (handle === undefined) throw new Fault('wire-malformed', `the agent of ${host} gave no stream for the measurement`)
    return connection.stream(handle)
  }
  throw new Fault('wire-malformed', `the agent of ${host} gave no reply to a request for a measurement`)
}
