// The agent's keys while it runs: carries out what the renewal's step function asks for (src/transport/tether/key-renewal.ts), with the
// state directory as its memory. One change at a time. A request of `holdfast agent renew` is a file there, looked for now and then.

import { sleep, type Clock } from '../kernel/clock.ts'
import type { Disk } from '../kernel/disk.ts'
import { faultOf } from '../kernel/fault.ts'
import type { Log } from '../kernel/log.ts'
import { fingerprintOfKey, type Identity } from '../transport/tether/identity.ts'
import { startRenewal, stepRenewal, type KeyRenewal, type RenewalEffect, type RenewalEvent } from '../transport/tether/key-renewal.ts'
import type { LinkEvent, TetherPeer } from '../transport/tether/peer.ts'
import { dropRenewalRequest, isRenewalRequested, promoteNextIdentity, saveNextIdentity, type AgentState } from './agent-state.ts'

/** Milliseconds between two looks for a request: nobody waits for a key, and a look costs one system call. */
const LOOK_MS = 15_000

interface AgentKeysDoors {
  readonly clock: Clock
  readonly disk: Disk
  readonly log: Log
  readonly stateDir: string
  /** A fresh key; `createIdentity` of src/transport/tether/identity.ts. */
  readonly makeIdentity: (name: string, nowMs: number) => Promise<Identity>
}

export class AgentKeys {
  readonly #doors: AgentKeysDoors
  readonly #hostName: string
  readonly #identities = new Map<string, Identity>()
  #state: KeyRenewal
  /** The key of the newest dial. */
  #dialled: string
  #peer: TetherPeer | undefined

  constructor(doors: AgentKeysDoors, { identity, next, enrolment }: AgentState) {
    this.#doors = doors
    this.#hostName = enrolment.hostName
    for (const known of next === undefined ? [identity] : [identity, next]) this.#identities.set(known.fingerprint, known)
    this.#state = startRenewal(identity.fingerprint, next?.fingerprint)
    this.#dialled = identity.fingerprint
  }

  /** For the dialer: the key of the dial that begins now. */
  dialIdentity(): Identity {
    this.#dialled = this.#state.dial
    return this.#identityOf(this.#dialled)
  }

  /** The end whose links these keys are for. To be called before its first link is up. */
  attach(peer: TetherPeer): void {
    this.#peer = peer
  }

  /** Every link event of the peer. */
  noteLinkEvent(event: LinkEvent): void {
    if (event.kind === 'up') this.#take({ kind: 'linked', key: this.#dialled })
    else if (event.kind === 'down') this.#take({ kind: 'link-lost' })
    if ((event.kind === 'refused' || event.kind === 'down') && (event.code === 'unknown-key' || event.code === 'key-revoked')) this.#take({ kind: 'refused', key: this.#dialled })
  }

  /** The server wants a new key. */
  ask(): void {
    this.#take({ kind: 'asked' })
  }

  /** The server has stored the key. */
  accept(spki: Uint8Array): void {
    this.#take({ kind: 'accepted', key: fingerprintOfKey(spki) })
  }

  /** Looks for requests of `holdfast agent renew` until `signal` aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, disk, log, stateDir } = this.#doors
    while (!signal.aborted) {
      try {
        if (await isRenewalRequested(disk, stateDir)) {
          if (this.#state.next === undefined) this.ask()
          else await dropRenewalRequest(disk, stateDir)
        }
      } catch (error) {
        log.warn('a request for a new key cannot be looked for', { error: faultOf(error).message })
      }
      await sleep(clock, LOOK_MS, signal).catch(() => {})
    }
  }

  #identityOf(key: string): Identity {
    const identity = this.#identities.get(key)
    if (identity === undefined) throw new Error(`no identity for ${key}`)
    return identity
  }

  #take(event: RenewalEvent): void {
    const [state, effects] = stepRenewal(this.#state, event)
    this.#state = state
    for (const effect of effects) void this.#carryOut(effect)
  }

  async #carryOut(effect: RenewalEffect): Promise<void> {
    const { disk, log, stateDir } = this.#doors
    try {
      switch (effect) {
        case 'make':
          return await this.#make()
        case 'promote':
          await promoteNextIdentity(disk, stateDir)
          log.info('this agent has a new key', { fingerprint: this.#state.next })
          return this.#take({ kind: 'promoted' })
        case 'offer':
          if (this.#state.next !== undefined) this.#peer?.dispatch({ kind: 'renew', phase: 'offer', spki: this.#identityOf(this.#state.next).publicKey })
          return
        case 'relink':
          return this.#peer?.dispatch({ kind: 'relink' })
      }
    } catch (error) {
      log.error('the key of this agent could not be renewed; the old one stays good', { error: faultOf(error).message })
      this.#take({ kind: 'failed' })
    }
  }

  async #make(): Promise<void> {
    const { clock, disk, stateDir, makeIdentity } = this.#doors
    const identity = await makeIdentity(this.#hostName, clock.wallMs())
    await saveNextIdentity(disk, stateDir, identity)
    this.#identities.set(identity.fingerprint, identity)
    this.#take({ kind: 'made', key: identity.fingerprint })
    await dropRenewalRequest(disk, stateDir)
  }
}
