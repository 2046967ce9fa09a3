// The shell around one session: it turns what links, timers and the program do into events, and carries out the session's effects in
// their order. One TetherPeer lives as long as the peer is known; each session it carries is one TetherConnection, and a reset session
// is followed by a new one. It never looks into frames.

import { assert } from '../../kernel/assert.ts'
import type { Clock, Timer } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import type { EventSink, Log } from '../../kernel/log.ts'
import type { RenewPhase } from '../../wire/tether/frame.ts'
import type { GoawayCode } from '../../wire/tether/goaway.ts'
import type { RequestHandler } from '../contract.ts'
import { TetherConnection } from './connection.ts'
import type { LinkDialer, RawLink } from './link.ts'
import { createSession, step, viewOf, type Session, type SessionView } from './session.ts'
import type { LinkId, LinkLoss, LinkTold, SessionEffect, SessionEvent, SessionOptions } from './session-types.ts'

/** What happens to the links of a peer, for status, report and doctor. */
export type LinkEvent =
  | { readonly kind: 'up'; readonly host: string; readonly isResumed: boolean; readonly resentBytes: number; readonly outageMs: number; readonly epoch: number; readonly peerProgram: string }
  | { readonly kind: 'down'; readonly host: string; readonly code: LinkLoss | GoawayCode; readonly text: string; readonly idleMs: number; readonly unacknowledgedBytes: number }
  | { readonly kind: 'reset'; readonly host: string; readonly code: GoawayCode; readonly text: string }
  | { readonly kind: 'path-learned' | 'path-relaxed'; readonly host: string; readonly heartbeatMs: number }
  | { readonly kind: 'cloned'; readonly host: string; readonly text: string }
  | { readonly kind: 'refused'; readonly host: string; readonly code: GoawayCode; readonly text: string }

export interface PeerOptions {
  readonly session: SessionOptions
  /** The name the peer is known by here. */
  readonly host: string
  readonly keyFingerprint?: string
  readonly clock: Clock
  readonly log: Log
  readonly handler: RequestHandler
  readonly onLinkEvent: EventSink<LinkEvent>
  /** Agents only. */
  readonly dialer?: LinkDialer
  /** The peer offers its next key, accepted ours, or asks us to offer one. */
  readonly onRenewed?: (phase: RenewPhase, spki: Uint8Array) => void
}

export class TetherPeer {
  readonly #options: PeerOptions
  readonly #session: Session
  readonly #links = new Map<LinkId, RawLink>()
  #nextLink = 1
  #connection: TetherConnection
  #wake: Timer | undefined
  #dialTimer: Timer | undefined
  /** Counts dials, so that one that was overtaken tells nobody. */
  #dialCount = 0
  #events: SessionEvent[] = []
  #isDispatching = false
  #hasSession = false
  #isEnded = false
  #lastHeardWallMs: number | undefined
  /** Monotonic; when the live link was lost. */
  #lostMs: number | undefined
  readonly #waiters = new Set<() => void>()

  constructor(options: PeerOptions) {
    this.#options = options
    this.#session = createSession(options.session)
    this.#connection = this.#createConnection()
  }

  get host(): string {
    return this.#options.host
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** The connection of the session that is established now, also while its link is cut; undefined before the first handshake. */
  get connection(): TetherConnection | undefined {
    return this.#hasSession ? this.#connection : undefined
  }

  /** Wall time when the peer last had a link. */
  get lastSeenMs(): number | undefined {
    return this.view().isConnected ? this.#options.clock.wallMs() : this.#lastHeardWallMs
  }

  view(): SessionView {
    return viewOf(this.#session)
  }

  start(): void {
    this.dispatch({ kind: 'start' })
  }

  /** A link to this peer is up and its key is the right one. */
  addLink(link: RawLink): void {
    const id = this.#nextLink++
    this.#links.set(id, link)
    this.dispatch({ kind: 'link-up', link: id })
    link.attach({
      bytes: (chunk) => {
        assert(!this.#isDispatching, 'a link tells nothing while it is told')
        this.dispatch({ kind: 'bytes', link: id, chunk })
      },
      drained: (bytes) => this.dispatch({ kind: 'drained', link: id, bytes }),
      down: (loss, text) => {
        this.#links.delete(id)
        this.dispatch({ kind: 'link-down', link: id, loss, text })
      },
    })
  }

  /** Resolves when a link carries the session; rejects when the peer ends or `signal` aborts. */
  async established(signal: AbortSignal): Promise<TetherConnection> {
    for (;;) {
      if (this.#hasSession && this.view().isConnected) return this.#connection
      if (this.#isEnded) throw new Fault('connection-lost', `the session with ${this.host} has ended`)
      if (signal.aborted) throw new Fault('cancelled', `waiting for ${this.host} was cancelled`)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiters.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#waiters.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      })
    }
  }

  /** Ends the session for good. */
  end(code: GoawayCode, text: string): void {
    this.dispatch({ kind: 'close', code, text })
  }

  /** Feeds one event and carries out what follows. Events that effects cause wait for their turn, so that order is kept. */
  dispatch(event: SessionEvent): void {
    this.#events.push(event)
    if (this.#isDispatching) return
    this.#isDispatching = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        for (const effect of step(this.#session, next, this.#options.clock.monotonicMs())) this.#carryOut(effect)
      }
    } finally {
      this.#isDispatching = false
    }
  }

  get session(): Session {
    return this.#session
  }

  #createConnection(): TetherConnection {
    const { host, keyFingerprint, handler, clock, log } = this.#options
    return new TetherConnection({ peer: { host, ...(keyFingerprint === undefined ? {} : { keyFingerprint }) }, session: this.#session, dispatch: (event) => this.dispatch(event), handler, clock, log })
  }

  #carryOut(effect: SessionEffect): void {
    const { clock, onLinkEvent, host } = this.#options
    switch (effect.kind) {
      case 'send':
        this.#links.get(effect.link)?.send(effect.chunks, effect.bytes)
        break
      case 'close-link':
        this.#links.get(effect.link)?.close()
        break
      case 'dial':
        this.#dial(effect.afterMs, effect.connectMs)
        break
      case 'wake':
        this.#wake?.cancel()
        this.#wake = clock.setTimer(Math.max(0, effect.atMs - clock.monotonicMs()), () => this.dispatch({ kind: 'wake' }))
        break
      case 'poll':
        clock.afterPoll(() => this.dispatch({ kind: 'poll-done' }))
        break
      case 'established':
        this.#noteEstablished(effect)
        break
      case 'reset':
        onLinkEvent({ kind: 'reset', host, code: effect.code, text: effect.text })
        this.#replaceConnection(effect.code, effect.text)
        break
      case 'ended':
        this.#isEnded = true
        this.#wake?.cancel()
        this.#dialTimer?.cancel()
        this.#replaceConnection(effect.code, effect.text)
        break
      case 'renewed':
        this.#options.onRenewed?.(effect.phase, effect.spki)
        break
      case 'told':
        this.#tell(effect.told)
        break
      default:
        this.#connection.take(effect)
    }
  }

  #noteEstablished(effect: Extract<SessionEffect, { kind: 'established' }>): void {
    const { clock, onLinkEvent, host } = this.#options
    const outageMs = this.#lostMs === undefined ? 0 : Math.round(clock.monotonicMs() - this.#lostMs)
    this.#lostMs = undefined
    this.#hasSession = true
    onLinkEvent({ kind: 'up', host, isResumed: effect.isResumed, resentBytes: effect.resentBytes, outageMs, epoch: effect.epoch, peerProgram: effect.peerProgram })
    for (const wake of this.#waiters) wake()
  }

  #replaceConnection(code: GoawayCode, text: string): void {
    const old = this.#connection
    this.#hasSession = false
    this.#connection = this.#createConnection()
    old.lose(new Fault('connection-lost', `the session with ${this.host} ended: ${text}`, { context: { host: this.host, goaway: code } }))
    for (const wake of this.#waiters) wake()
  }

  #tell(told: LinkTold): void {
    const { onLinkEvent, host, clock } = this.#options
    switch (told.kind) {
      case 'link-lost':
        this.#lastHeardWallMs = clock.wallMs()
        this.#lostMs = clock.monotonicMs()
        onLinkEvent({ kind: 'down', host, code: told.why, text: told.text, idleMs: told.idleMs, unacknowledgedBytes: told.unacknowledgedBytes })
        break
      case 'path-learned':
      case 'path-relaxed':
        onLinkEvent({ kind: told.kind, host, heartbeatMs: told.heartbeatMs })
        break
      case 'clone-seen':
        onLinkEvent({ kind: 'cloned', host, text: told.text })
        break
      case 'link-refused':
        onLinkEvent({ kind: 'refused', host, code: told.code, text: told.text })
        break
    }
  }

  #dial(afterMs: number, connectMs: number): void {
    const { dialer, clock } = this.#options
    assert(dialer !== undefined, 'only an agent dials')
    const count = ++this.#dialCount
    this.#dialTimer?.cancel()
    this.#dialTimer = clock.setTimer(afterMs, () => {
      dialer.dial(connectMs).then(
        (link) => {
          if (count === this.#dialCount && !this.#isEnded) this.addLink(link)
          else link.close()
        },
        (error: unknown) => {
          if (count === this.#dialCount) this.dispatch({ kind: 'dial-failed', text: error instanceof Error ? error.message : String(error) })
        },
      )
    })
  }
}
