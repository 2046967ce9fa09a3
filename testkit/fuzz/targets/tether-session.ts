// The tether session in both roles, with streams and requests of its own, fed with what a hostile peer may send after the handshake; then the
// link is lost and the same bytes come once more after a second handshake. The session never throws; its budgets stay within bounds.

import { BufferPool } from '../../../src/kernel/buffer-pool.ts'
import { encodeFrame } from '../../../src/wire/tether/frame-encode.ts'
import { REPLAY_BUDGET_BYTES } from '../../../src/transport/tether/limits.ts'
import { allocateRequest, allocateStream, createSession, step, type Session } from '../../../src/transport/tether/session.ts'
import type { SessionEffect, SessionEvent, SharedBudget } from '../../../src/transport/tether/session-types.ts'
import { cutUp, must, type FuzzTarget } from '../target.ts'
import { HELLO, INSTANCE, MACHINE, SESSION, WELCOME, allFrames, dataFrame, generateFrames } from './tether-inputs.ts'

const RECEIVE_LIMIT_BYTES = 1024 * 1024
/** Effects of one event: it cannot need more than its frames and the streams it ends. */
const EFFECTS_MAX = 20_000

type Role = 'agent' | 'server'

/** The least that a program does: it reads what comes, answers, and ends. */
class Harness {
  readonly replay: SharedBudget = { limitBytes: REPLAY_BUDGET_BYTES, usedBytes: 0 }
  readonly receive: SharedBudget = { limitBytes: RECEIVE_LIMIT_BYTES, usedBytes: 0 }
  readonly buffers = new BufferPool({ idleBytesMax: RECEIVE_LIMIT_BYTES, poisons: true })
  readonly session: Session
  readonly role: Role
  isOpen = false
  #nowMs = 1
  readonly #waiting: SessionEvent[] = []

  constructor(role: Role) {
    this.role = role
    this.session = createSession({ role, machineId: role === 'agent' ? MACHINE : Buffer.alloc(16, 1), instanceId: role === 'agent' ? INSTANCE : Buffer.alloc(16, 2), program: 'fuzz', hostName: 'laptop', randomBytes: () => Buffer.from(SESSION), replayBudget: this.replay, receiveBudget: this.receive, buffers: this.buffers })
    this.give({ kind: 'start' })
  }

  give(event: SessionEvent): void {
    this.#waiting.push(event)
    // What the program answers is given after the event that it answers to, and may be answered in turn.
    for (let count = 0; this.#waiting.length > 0; count++) {
      must(count < EFFECTS_MAX, 'events do not breed')
      const next = this.#waiting.shift()
      if (next === undefined) break
      const effects = step(this.session, next, this.#nowMs)
      must(effects.length < EFFECTS_MAX, 'one event has few effects')
      for (const effect of effects) this.#answer(effect)
      must(this.replay.usedBytes >= 0 && this.replay.usedBytes <= this.replay.limitBytes, 'the replay budget holds')
      must(this.receive.usedBytes >= 0 && this.receive.usedBytes <= this.receive.limitBytes + RECEIVE_LIMIT_BYTES, 'the receive budget holds')
    }
  }

  pass(ms: number): void {
    this.#nowMs += ms
    this.give({ kind: 'wake' })
    this.give({ kind: 'poll-done' })
  }

  work(): void {
    const request = allocateRequest(this.session)
    this.give({ kind: 'request', request, service: 'sendbackup', body: 'OPTIONS ;\n' })
    for (let count = 0; count < 2; count++) {
      const stream = allocateStream(this.session)
      this.give({ kind: 'open', stream, request })
      this.give({ kind: 'write', stream, piece: Buffer.alloc(100_000) })
      if (count === 1) this.give({ kind: 'end', stream, code: '', text: '' })
    }
  }

  #answer(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'deliver': {
        const bytes = effect.piece.length
        this.buffers.give(effect.piece)
        const isStopping = bytes % 5 === 0
        this.#waiting.push(isStopping ? { kind: 'stop', stream: effect.stream, code: 'cancelled', text: '' } : { kind: 'consumed', stream: effect.stream, bytes })
        break
      }
      case 'packet':
        if (effect.packet === 'req') this.#waiting.push({ kind: 'reply', request: effect.request, packet: 'prep', body: 'wait' }, { kind: 'reply', request: effect.request, packet: 'rep', body: 'done' })
        break
      case 'stream-opened':
        this.#waiting.push({ kind: 'write', stream: effect.stream, piece: Buffer.alloc(1000) }, { kind: 'end', stream: effect.stream, code: '', text: '' })
        break
      case 'renewed':
        if (effect.phase === 'offer') this.#waiting.push({ kind: 'renew', phase: 'accept', spki: effect.spki })
        break
      case 'send':
        this.#waiting.push({ kind: 'drained', link: effect.link, bytes: effect.bytes })
        break
      case 'established':
        this.isOpen = true
        break
      case 'close-link':
        this.isOpen = false
        break
      default:
    }
  }
}

function targetOf(role: Role): FuzzTarget {
  return {
    name: `session-${role}`,
    summary: `a tether session as ${role} under a hostile peer, over two links (src/transport/tether/session.ts)`,
    codes: [],
    corpus: () => [Buffer.concat([...allFrames().slice(5).map(encodeFrame), dataFrame(1, 1, 0, 500), dataFrame(2, 1, 500, 20_000)]), Buffer.concat(allFrames().map(encodeFrame)), encodeFrame({ ...HELLO, attempt: 2 }), encodeFrame(WELCOME)],
    words: ['HFT1', '3'.repeat(16)],
    generate: (random, mutate) => (random.int(3) === 0 ? mutate(generateFrames(random)) : generateFrames(random)),
    run(input) {
      const harness = new Harness(role)
      const shake = (link: number, isAgain: boolean): void => {
        harness.give({ kind: 'link-up', link })
        const same = { session: SESSION, epoch: isAgain ? 1 : 0 }
        const frame = role === 'server' ? { ...HELLO, attempt: link, ...(isAgain ? same : {}) } : { ...WELCOME, epoch: link, isResumed: isAgain }
        harness.give({ kind: 'bytes', link, chunk: encodeFrame(frame) })
      }
      shake(1, false)
      must(harness.isOpen, 'a good handshake is taken')
      harness.work()
      for (const piece of cutUp(input)) harness.give({ kind: 'bytes', link: 1, chunk: piece })
      harness.pass(11_000)
      harness.give({ kind: 'link-down', link: 1, loss: 'reset', text: '' })
      harness.pass(1_000)
      shake(2, true)
      harness.give({ kind: 'bytes', link: 2, chunk: Buffer.from(input) })
      harness.pass(40_000)
      // A link on which the very first frame is hostile.
      harness.give({ kind: 'link-up', link: 3 })
      harness.give({ kind: 'bytes', link: 3, chunk: Buffer.from(input) })
      harness.pass(7 * 3_600_000)
      harness.give({ kind: 'close', code: 'closing', text: '' })
      must(harness.replay.usedBytes === 0 && harness.receive.usedBytes === 0, 'a closed session holds no bytes of the budgets')
    },
  }
}

export const TETHER_SESSION_TARGETS: readonly FuzzTarget[] = [targetOf('server'), targetOf('agent')]
