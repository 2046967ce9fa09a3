// The server's end of all tethers: it takes links in, finds out whose key they carry, and hands them to that host's peer. Links of
// unknown keys may only enrol. It offers the Transport contract: `connect` waits until the host's agent is there. It does not know how
// links are made.
//
//   link of a …     what follows
//   known key       given to the host's peer, which sees HELLO; with ENROL as first frame it goes the way of an unknown one
//   revoked key     GOAWAY key-revoked
//   unknown key     may enrol: see strangers.ts

import type { BufferPool } from '../../kernel/buffer-pool.ts'
import type { Clock } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { EventSink, Log } from '../../kernel/log.ts'
import type { Random } from '../../kernel/random.ts'
import type { RenewPhase } from '../../wire/tether/frame.ts'
import type { GoawayCode } from '../../wire/tether/goaway.ts'
import type { Connection, RequestHandler, Transport } from '../contract.ts'
import type { AgentRegistry } from './agent-registry.ts'
import { ConnectionLease } from './connection-lease.ts'
import { RECEIVE_BUDGET_BYTES, REPLAY_BUDGET_BYTES } from './limits.ts'
import type { RawLink } from './link.ts'
import { fingerprintOfKey } from './identity.ts'
import { TetherPeer, type LinkEvent } from './peer.ts'
import type { SharedBudget, VersionRange } from './session-types.ts'
import { divertEnrolment, Strangers, turnAway } from './strangers.ts'

export interface ServerEndpointOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly registry: AgentRegistry
  /** 16 bytes that stay with the machine. */
  readonly machineId: Uint8Array
  readonly program: string
  /** For the bulk of all agents. */
  readonly buffers: BufferPool
  readonly heartbeatMs?: number
  readonly deadAfterMs?: number
  readonly sessionHoldMs?: number
  readonly onLinkEvent: EventSink<LinkEvent>
  /** Wall time when a host's agent was last connected to an earlier server process. */
  readonly lastSeenBefore?: (host: string) => number | undefined
  /** Versions of the protocol this server speaks; by default all that the program knows. */
  readonly versions?: VersionRange
  /** Requests of agents. By default there is nothing they may ask. */
  readonly handler?: RequestHandler
}

/** What is known of a host's agent now. */
export interface AgentState {
  readonly host: string
  readonly isConnected: boolean
  readonly lastSeenMs: number | undefined
  readonly heartbeatMs: number | undefined
  readonly roundTripMs: number | undefined
}

export class ServerEndpoint implements Transport {
  readonly #options: ServerEndpointOptions
  readonly #peers = new Map<string, TetherPeer>()
  readonly #replayBudget: SharedBudget = { limitBytes: REPLAY_BUDGET_BYTES, usedBytes: 0 }
  readonly #receiveBudget: SharedBudget = { limitBytes: RECEIVE_BUDGET_BYTES, usedBytes: 0 }
  readonly #instanceId: Uint8Array
  readonly #strangers: Strangers
  /** Hosts whose agent was turned away for its version since it last had a link, and what it was told. */
  readonly #unsupported = new Map<string, string>()
  #isClosed = false

  constructor(options: ServerEndpointOptions) {
    this.#options = options
    this.#instanceId = options.random.bytes(16)
    const { clock, log, registry, versions } = options
    this.#strangers = new Strangers({ clock, log, registry, ...(versions === undefined ? {} : { versions }), onEnrolled: (host) => this.#endPeer(host, 'key-revoked', 'the host was enrolled anew') })
  }

  /** A new link whose holder proved to have the key `fingerprint`. */
  accept(link: RawLink, fingerprint: string, remote: string): void {
    const { registry, log } = this.#options
    if (this.#isClosed) return this.#reject(link, 'shutting-down', 'the server stops')
    const admission = registry.admit(fingerprint)
    switch (admission.kind) {
      case 'known':
        registry.noteUsed(admission.host, fingerprint).catch((error: unknown) => log.error('the registry of agents cannot be written', { message: faultOf(error).message }))
        return this.#peerOf(admission.host, fingerprint).addLink(divertEnrolment(link, (other, early) => this.#strangers.add(other, fingerprint, remote, early)))
      case 'revoked':
        log.warn('a revoked key was turned away', { host: admission.host, remote })
        return this.#reject(link, 'key-revoked', `the key of ${admission.host} was revoked`)
      case 'unknown':
        return this.#strangers.add(link, fingerprint, remote)
    }
  }

  async connect(host: string, signal: AbortSignal): Promise<Connection> {
    if (!this.#options.registry.hosts().some((entry) => entry.host === host)) throw new Fault('host-unknown', `no agent is enrolled for ${host}`)
    try {
      return new ConnectionLease(await this.#peerOf(host, undefined).established(signal))
    } catch (error) {
      const fault = faultOf(error)
      if (fault.code !== 'cancelled') throw fault
      const unsupported = this.#unsupported.get(host)
      if (unsupported !== undefined) throw new Fault('version-unsupported', `the agent of ${host} was turned away: ${unsupported}`, { context: { host } })
      throw new Fault('agent-not-connected', `the agent of ${host} is not connected; ${this.#absence(host)}`, { context: { host } })
    }
  }

  agents(): AgentState[] {
    return this.#options.registry.hosts().map(({ host }) => {
      const peer = this.#peers.get(host)
      const view = peer?.view()
      return { host, isConnected: view?.isConnected ?? false, lastSeenMs: this.#lastSeenMs(host), heartbeatMs: view?.heartbeatMs, roundTripMs: view?.roundTripMs }
    })
  }

  /** Revokes the host's keys and ends its session. */
  async revoke(host: string): Promise<void> {
    await this.#options.registry.revoke(host)
    this.#endPeer(host, 'key-revoked', `the key of ${host} was revoked`)
  }

  /**
   * Gives a host another name. Its idle session ends, so the agent learns the name when it comes back, at once. What runs under the old
   * name would be recorded under neither, so a host with requests or streams open is `agent-busy`.
   */
  async rename(from: string, to: string): Promise<void> {
    const view = this.#peers.get(from)?.view()
    if (view !== undefined && view.streams + view.requests > 0) throw new Fault('agent-busy', `${from} cannot be renamed now: ${view.requests} requests and ${view.streams} streams of it are open`, { context: { host: from } })
    await this.#options.registry.rename(from, to)
    this.#endPeer(from, 'closing', `the host is now called ${to}`)
  }

  /** Has the agent make a new key: now, or when it connects next. Remembered until the agent has used a new key. */
  async renew(host: string): Promise<void> {
    const { registry, clock } = this.#options
    await registry.askRenewal(host, clock.wallMs())
    if (this.#peers.get(host)?.connection !== undefined) this.#askRenewal(host)
  }

  /** Ends all sessions. */
  close(): void {
    this.#isClosed = true
    for (const host of this.#peers.keys()) this.#endPeer(host, 'shutting-down', 'the server stops')
  }

  #endPeer(host: string, code: GoawayCode, text: string): void {
    this.#peers.get(host)?.end(code, text)
    this.#peers.delete(host)
  }

  #peerOf(host: string, keyFingerprint: string | undefined): TetherPeer {
    const known = this.#peers.get(host)
    if (known !== undefined && !known.isEnded) return known
    const { clock, random, log, machineId, program, heartbeatMs, deadAfterMs, sessionHoldMs, versions, handler } = this.#options
    const peer = new TetherPeer({
      host,
      ...(keyFingerprint === undefined ? {} : { keyFingerprint }),
      clock,
      log: log.child({ host }),
      onLinkEvent: (event) => this.#noteLinkEvent(event),
      handler: handler ?? ((request) => Promise.resolve(request.nak(`ERROR ${request.service}: agents may not ask for this\n`))),
      onRenewed: (phase, spki) => void this.#renew(host, phase, spki),
      session: {
        role: 'server',
        hostName: host,
        machineId,
        instanceId: this.#instanceId,
        program,
        randomBytes: (count) => random.bytes(count),
        buffers: this.#options.buffers,
        replayBudget: this.#replayBudget,
        receiveBudget: this.#receiveBudget,
        ...versions,
        ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
        ...(deadAfterMs === undefined ? {} : { deadAfterMs }),
        ...(sessionHoldMs === undefined ? {} : { sessionHoldMs }),
      },
    })
    this.#peers.set(host, peer)
    peer.start()
    return peer
  }

  async #renew(host: string, phase: RenewPhase, spki: Uint8Array): Promise<void> {
    if (phase !== 'offer') return
    const { registry, clock, log } = this.#options
    try {
      await registry.offerNext(host, fingerprintOfKey(spki), clock.wallMs())
      this.#peers.get(host)?.dispatch({ kind: 'renew', phase: 'accept', spki })
      log.info('the agent offered its next key', { host })
    } catch (error) {
      log.error('the next key of an agent cannot be stored', { host, message: faultOf(error).message })
    }
  }

  /** A host may be asked more than once; the agent makes one key. */
  #askRenewal(host: string): void {
    this.#peers.get(host)?.dispatch({ kind: 'renew', phase: 'ask', spki: new Uint8Array(0) })
  }

  #noteLinkEvent(event: LinkEvent): void {
    const { registry, onLinkEvent } = this.#options
    if (event.kind === 'up') {
      this.#unsupported.delete(event.host)
      // A session that goes on was asked already; its numbered frames are not lost.
      if (!event.isResumed && registry.isRenewalAsked(event.host)) this.#askRenewal(event.host)
    }
    if (event.kind === 'refused' && event.code === 'version-unsupported') this.#unsupported.set(event.host, event.text)
    onLinkEvent(event)
  }

  #lastSeenMs(host: string): number | undefined {
    return this.#peers.get(host)?.lastSeenMs ?? this.#options.lastSeenBefore?.(host)
  }

  /** How long the agent has been away, for people. */
  #absence(host: string): string {
    const lastSeenMs = this.#lastSeenMs(host)
    if (lastSeenMs === undefined) return 'it was never seen'
    const awayMs = Math.max(0, this.#options.clock.wallMs() - lastSeenMs)
    return `it has been away for ${durationText(awayMs)}, since ${new Date(lastSeenMs).toISOString()}`
  }

  #reject(link: RawLink, code: GoawayCode, text: string): void {
    link.attach({ bytes() {}, drained() {}, down() {} })
    turnAway(link, code, text)
  }
}

const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1000]] as const

/** The two largest units: `2 h 5 min`. */
function durationText(milliseconds: number): string {
  let restMs = milliseconds
  const parts: string[] = []
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(restMs / unitMs)
    restMs -= count * unitMs
    if (count > 0) parts.push(`${count} ${unit}`)
  }
  return parts.slice(0, 2).join(' ') || '0 s'
}
