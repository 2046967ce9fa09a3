// The server's end of all tethers: it takes links in, finds out whose key they carry, and hands them to that host's peer. Links of
// unknown keys may only enrol. It offers the Transport contract: `connect` waits until the host's agent is there. It does not know how
// links are made.
//
//   link of a …     first frame   what follows
//   known key       –             given to the host's peer, which sees HELLO
//   revoked key     –             GOAWAY key-revoked
//   unknown key     ENROL         token used up, ENROLLED, closed; or GOAWAY enrol-refused
//   unknown key     else, late    GOAWAY unknown-key

import type { Clock } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { EventSink, Log } from '../../kernel/log.ts'
import type { Random } from '../../kernel/random.ts'
import { encodeFrame } from '../../wire/tether/frame-encode.ts'
import { FrameDecoder } from '../../wire/tether/frame-decoder.ts'
import { GOAWAY_CODES, type GoawayCode } from '../../wire/tether/goaway.ts'
import type { Connection, RequestHandler, Transport } from '../contract.ts'
import type { AgentRegistry } from './agent-registry.ts'
import { ConnectionLease } from './connection-lease.ts'
import { ENROLMENTS_PER_MINUTE_MAX, HANDSHAKE_MS_MAX, RECEIVE_BUDGET_BYTES, REPLAY_BUDGET_BYTES } from './limits.ts'
import type { RawLink } from './link.ts'
import { fingerprintOfKey } from './identity.ts'
import { TetherPeer, type LinkEvent } from './peer.ts'
import type { SharedBudget } from './session-types.ts'

export interface ServerEndpointOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly registry: AgentRegistry
  /** 16 bytes that stay with the machine. */
  readonly machineId: Uint8Array
  readonly program: string
  readonly heartbeatMs?: number
  readonly deadAfterMs?: number
  readonly sessionHoldMs?: number
  readonly onLinkEvent: EventSink<LinkEvent>
  /** Requests of agents. By default there is nothing they may ask. */
  readonly handler?: RequestHandler
}

/** What is known of a host's agent now. */
export interface AgentState {
  readonly host: string
  readonly isConnected: boolean
  readonly lastSeenMs: number | undefined
  readonly heartbeatMs: number | undefined
  readonly bytesPerSecond: number | undefined
}

const MINUTE_MS = 60_000

export class ServerEndpoint implements Transport {
  readonly #options: ServerEndpointOptions
  readonly #peers = new Map<string, TetherPeer>()
  readonly #replayBudget: SharedBudget = { limitBytes: REPLAY_BUDGET_BYTES, usedBytes: 0 }
  readonly #receiveBudget: SharedBudget = { limitBytes: RECEIVE_BUDGET_BYTES, usedBytes: 0 }
  readonly #instanceId: Uint8Array
  #enrolments = 0
  #isClosed = false

  constructor(options: ServerEndpointOptions) {
    this.#options = options
    this.#instanceId = options.random.bytes(16)
  }

  /** A new link whose holder proved to have the key `fingerprint`. */
  accept(link: RawLink, fingerprint: string, remote: string): void {
    const { registry, log } = this.#options
    if (this.#isClosed) return this.#turnAway(link, 'shutting-down', 'the server stops')
    const admission = registry.admit(fingerprint)
    switch (admission.kind) {
      case 'known':
        registry.noteUsed(admission.host, fingerprint).catch((error: unknown) => log.error('the registry of agents cannot be written', { message: faultOf(error).message }))
        return this.#peerOf(admission.host, fingerprint).addLink(link)
      case 'revoked':
        log.warn('a revoked key was turned away', { host: admission.host, remote })
        return this.#turnAway(link, 'key-revoked', `the key of ${admission.host} was revoked`)
      case 'unknown':
        return this.#expectEnrolment(link, fingerprint, remote)
    }
  }

  async connect(host: string, signal: AbortSignal): Promise<Connection> {
    if (!this.#options.registry.hosts().some((entry) => entry.host === host)) throw new Fault('host-unknown', `no agent is enrolled for ${host}`)
    try {
      return new ConnectionLease(await this.#peerOf(host, undefined).established(signal))
    } catch (error) {
      const fault = faultOf(error)
      if (fault.code !== 'cancelled') throw fault
      const lastSeenMs = this.#peers.get(host)?.lastSeenMs
      const seen = lastSeenMs === undefined ? 'it was not seen since the server started' : `it was last seen ${new Date(lastSeenMs).toISOString()}`
      throw new Fault('agent-not-connected', `the agent of ${host} is not connected; ${seen}`, { context: { host } })
    }
  }

  agents(): AgentState[] {
    return this.#options.registry.hosts().map(({ host }) => {
      const peer = this.#peers.get(host)
      const view = peer?.view()
      return { host, isConnected: view?.isConnected ?? false, lastSeenMs: peer?.lastSeenMs, heartbeatMs: view?.heartbeatMs, bytesPerSecond: view?.bytesPerSecond }
    })
  }

  /** Revokes the host's keys and ends its session. */
  async revoke(host: string): Promise<void> {
    await this.#options.registry.revoke(host)
    this.#endPeer(host, 'key-revoked', `the key of ${host} was revoked`)
  }

  /** The agent learns its new name when it comes back, at once. */
  async rename(from: string, to: string): Promise<void> {
    await this.#options.registry.rename(from, to)
    this.#endPeer(from, 'closing', `the host is now called ${to}`)
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
    const { clock, random, log, machineId, program, heartbeatMs, deadAfterMs, sessionHoldMs, onLinkEvent, handler } = this.#options
    const peer = new TetherPeer({
      host,
      ...(keyFingerprint === undefined ? {} : { keyFingerprint }),
      clock,
      log: log.child({ host }),
      onLinkEvent,
      handler: handler ?? ((request) => Promise.resolve(request.nak(`ERROR ${request.service}: agents may not ask for this\n`))),
      onRenewed: (phase, spki) => void this.#renew(host, phase, spki),
      session: {
        role: 'server',
        hostName: host,
        machineId,
        instanceId: this.#instanceId,
        program,
        randomBytes: (count) => random.bytes(count),
        replayBudget: this.#replayBudget,
        receiveBudget: this.#receiveBudget,
        ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
        ...(deadAfterMs === undefined ? {} : { deadAfterMs }),
        ...(sessionHoldMs === undefined ? {} : { sessionHoldMs }),
      },
    })
    this.#peers.set(host, peer)
    peer.start()
    return peer
  }

  async #renew(host: string, phase: 'offer' | 'accept', spki: Uint8Array): Promise<void> {
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

  #turnAway(link: RawLink, code: GoawayCode, text: string): void {
    const frame = encodeFrame({ kind: 'goaway', code: GOAWAY_CODES[code].number, text })
    link.attach({ bytes() {}, drained() {}, down() {} })
    link.send([frame], frame.length)
    link.close()
  }

  #expectEnrolment(link: RawLink, fingerprint: string, remote: string): void {
    const { clock, log } = this.#options
    const decoder = new FrameDecoder()
    let isOver = false
    const answer = (code: GoawayCode, text: string): void => {
      if (isOver) return
      isOver = true
      timer.cancel()
      log.warn('a link of an unknown key was turned away', { remote, code, text })
      const frame = encodeFrame({ kind: 'goaway', code: GOAWAY_CODES[code].number, text })
      link.send([frame], frame.length)
      link.close()
    }
    const timer = clock.setTimer(HANDSHAKE_MS_MAX, () => answer('handshake-timeout', 'nothing was said in time'))
    link.attach({
      bytes: (chunk) => {
        if (isOver) return
        try {
          const [frame] = decoder.push(chunk)
          if (frame === undefined) return
          if (frame.kind !== 'enrol') return answer('unknown-key', 'this key is not enrolled here')
          timer.cancel()
          isOver = true
          void this.#enrol(link, frame.token, fingerprint, remote)
        } catch (error) {
          answer('malformed', faultOf(error).message)
        }
      },
      drained() {},
      down: () => {
        isOver = true
        timer.cancel()
      },
    })
  }

  async #enrol(link: RawLink, secret: string, fingerprint: string, remote: string): Promise<void> {
    const { registry, clock, log } = this.#options
    const reply = (frame: Buffer): void => {
      link.send([frame], frame.length)
      link.close()
    }
    try {
      // Guessing is hopeless anyway; the bound keeps a guesser from keeping the disk busy.
      if (this.#enrolments >= ENROLMENTS_PER_MINUTE_MAX) throw new Fault('enrolment-refused', 'too many enrolments in this minute')
      this.#enrolments += 1
      clock.setTimer(MINUTE_MS, () => (this.#enrolments -= 1))
      const host = await registry.enrol(secret, fingerprint, clock.wallMs())
      log.info('an agent was enrolled', { host, remote })
      this.#endPeer(host, 'key-revoked', 'the host was enrolled anew')
      reply(encodeFrame({ kind: 'enrolled', hostName: host }))
    } catch (error) {
      const fault = faultOf(error)
      log.warn('an enrolment was refused', { remote, reason: fault.message })
      reply(encodeFrame({ kind: 'goaway', code: GOAWAY_CODES['enrol-refused'].number, text: fault.code === 'enrolment-refused' ? fault.message : 'the server cannot store the enrolment' }))
    }
  }
}
