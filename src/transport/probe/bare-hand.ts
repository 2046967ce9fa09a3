// A hand for a peer that is not ours, such as stock Amanda's amandad: it opens connections and says nothing on them. When it is told to speak it
// sends bytes that no server of Amanda takes for a request, and what shows that they arrived is any reaction: bytes, or an end of the
// connection. How a peer reacts to them at once is learned first (`reaction`), so that a reset by a firewall can be told from one of the peer.

import { sleep, type Clock } from '../../kernel/clock.ts'
import type { ProbeEvent, ProbeOrder } from '../../wire/probe/frame.ts'
import { PROBE_CONNECTIONS_MAX, PROBE_OPEN_MS_MAX } from './limits.ts'
import type { ProbeLink, ProbeNetwork } from './probe-link.ts'

/** As a length it is longer than any packet of Amanda; as a line of text it is none. */
const WORD = Buffer.from('7f484644ffffff7f', 'hex')

/** Connections dialled at once, and milliseconds before each next one: each costs the peer a process, and xinetd closes a service that gets more than fifty a second. */
const BARE_DIALS_MAX = 2
const BARE_PAUSE_MS = 80

export type BareReaction = 'bytes' | 'closed' | 'reset' | 'none'

interface Bare {
  readonly link: ProbeLink
  activeMs: number
  saidMs: number | undefined
}

export class BareHand {
  readonly #clock: Clock
  readonly #network: ProbeNetwork
  readonly #emit: (event: ProbeEvent) => void
  readonly #reaction: BareReaction
  readonly #held = new Map<number, Bare>()
  #waiting: Extract<ProbeOrder, { kind: 'open' }>[] = []
  #dialling = 0

  constructor(clock: Clock, network: ProbeNetwork, reaction: BareReaction, emit: (event: ProbeEvent) => void) {
    this.#clock = clock
    this.#network = network
    this.#reaction = reaction
    this.#emit = emit
  }

  /** Opens, speaks and drops; what needs a hand on the other side is not done. */
  order(order: ProbeOrder): void {
    switch (order.kind) {
      case 'open':
        if (this.#held.size + this.#waiting.length < PROBE_CONNECTIONS_MAX) this.#waiting.push(order)
        return this.#dialNext()
      case 'speak':
        return this.#speak(order.connection)
      case 'drop':
        return this.#drop(order.connection)
      default:
        return
    }
  }

  #dialNext(): void {
    while (this.#dialling < BARE_DIALS_MAX) {
      const order = this.#waiting.shift()
      if (order === undefined) return
      this.#dialling += 1
      void this.#dial(order.connection).then(() => sleep(this.#clock, BARE_PAUSE_MS)).finally(() => {
        this.#dialling -= 1
        this.#dialNext()
      })
    }
  }

  async #dial(connection: number): Promise<void> {
    const startedMs = this.#clock.monotonicMs()
    const outcome = await this.#network.dial('plain', PROBE_OPEN_MS_MAX)
    if (outcome.kind === 'end') return this.#emit({ kind: 'ended', connection, end: outcome.end, idleMs: 0, text: outcome.text })
    const { link } = outcome
    const bare: Bare = { link, activeMs: this.#clock.monotonicMs(), saidMs: undefined }
    this.#held.set(connection, bare)
    link.attach({
      drained: () => undefined,
      bytes: () => this.#react(connection, bare),
      down: (end, text) => {
        if (this.#held.get(connection) !== bare) return
        this.#held.delete(connection)
        if (bare.saidMs !== undefined && (end === 'closed' || (end === 'reset' && this.#reaction === 'reset'))) return this.#react(connection, bare)
        this.#emit({ kind: 'ended', connection, end, idleMs: Math.round(this.#clock.monotonicMs() - bare.activeMs), text })
      },
    })
    this.#emit({ kind: 'opened', connection, elapsedMs: Math.round(this.#clock.monotonicMs() - startedMs), local: link.local, remote: link.remote, localAtPeer: '', remoteAtPeer: '' })
  }

  #react(connection: number, bare: Bare): void {
    const nowMs = this.#clock.monotonicMs()
    if (bare.saidMs !== undefined) this.#emit({ kind: 'answered', connection, elapsedMs: Math.round(nowMs - bare.saidMs) })
    bare.activeMs = nowMs
  }

  #speak(connection: number): void {
    const bare = this.#held.get(connection)
    if (bare === undefined) return
    const nowMs = this.#clock.monotonicMs()
    const idleMs = Math.round(nowMs - bare.activeMs)
    bare.saidMs = nowMs
    bare.activeMs = nowMs
    bare.link.send(WORD)
    this.#emit({ kind: 'spoke', connection, idleMs })
  }

  #drop(connection: number): void {
    if (connection === 0) this.#waiting = []
    for (const [number, bare] of this.#held) {
      if (connection !== 0 && number !== connection) continue
      this.#held.delete(number)
      bare.link.close()
    }
  }
}

/** What the peer does with such bytes on a fresh connection. */
export async function learnReaction(clock: Clock, network: ProbeNetwork, limitMs: number): Promise<BareReaction> {
  const outcome = await network.dial('plain', limitMs)
  if (outcome.kind === 'end') return 'none'
  return await new Promise((resolve) => {
    const settle = (reaction: BareReaction): void => {
      timer.cancel()
      resolve(reaction)
      outcome.link.close()
    }
    const timer = clock.setTimer(limitMs, () => settle('none'))
    outcome.link.attach({ drained: () => undefined, bytes: () => settle('bytes'), down: (end) => settle(end === 'reset' ? 'reset' : 'closed') })
    outcome.link.send(WORD)
  })
}
