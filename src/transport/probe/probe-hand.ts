// One end of the probe connections of a measurement: opens or takes them, speaks on them when it is told to, answers, and tells what it saw.
// It decides nothing. Both ends are this: on a dialler orders to open come, on an acceptor connections do. What it may hold is bounded
// (limits.ts), whoever gives the orders.
//
//   connection   event                 what follows
//   dialling     WELCOME               a BEAT if it is to have the last word, `opened`; silent from now on, but for TCP keepalive or BEATs if it was so ordered
//   held         order speak           SAY, `spoke`
//   held         SAY                   SAID, `heard`
//   held         SAID                  `answered`
//   held         order pour            DATA until its time or bytes are used up, then LAST
//   held         LAST                  `poured`
//   any          it ends               `ended`, unless this end dropped it

import type { Clock, Timer } from '../../kernel/clock.ts'
import { faultOf } from '../../kernel/fault.ts'
import { encodeProbeFrame, ProbeFrameDecoder } from '../../wire/probe/frame-codec.ts'
import { PROBE_DATA_BYTES_MAX, PROBE_MAGIC, PROBE_VERSION, type ProbeEnd, type ProbeEvent, type ProbeFrame, type ProbeOrder } from '../../wire/probe/frame.ts'
import { KEEPALIVE_INTERVAL_MS_MIN, KNOCK_MS_MAX, LISTEN_MS_MAX, POUR_BYTES_MAX, POUR_MS_MAX, PROBE_CONNECTIONS_MAX, PROBE_DIALS_MAX, PROBE_OPEN_MS_MAX, PROBE_TEXT_MAX } from './limits.ts'
import type { ProbeLink, ProbeNetwork } from './probe-link.ts'

export interface ProbeHandOptions {
  readonly clock: Clock
  readonly network: ProbeNetwork
  /** Of the measurement; 16 bytes. */
  readonly session: Uint8Array
  readonly program: string
  readonly host: string
  /** Must return at once. */
  readonly emit: (event: ProbeEvent) => void
}

interface Held {
  readonly connection: number
  readonly link: ProbeLink
  readonly decoder: ProbeFrameDecoder
  readonly startedMs: number
  /** Undefined on the acceptor's side. */
  readonly order: Pick<Extract<ProbeOrder, { kind: 'open' }>, 'mode' | 'intervalMs' | 'lastWord'> | undefined
  isOpen: boolean
  activeMs: number
  saidMs: number
  timer: Timer | undefined
  /** What this end pours, and what it got. */
  pour: { readonly endMs: number; bytesLeft: number } | undefined
  got: { readonly startedMs: number; bytes: number } | undefined
}

const POURED = encodeProbeFrame({ kind: 'data', payload: Buffer.alloc(PROBE_DATA_BYTES_MAX, 0x5a) })

/** Texts of other systems may be of any length. */
function short(text: string): string {
  return text.slice(0, PROBE_TEXT_MAX)
}

export class ProbeHand {
  readonly #options: ProbeHandOptions
  readonly #held = new Map<number, Held>()
  #waiting: Extract<ProbeOrder, { kind: 'open' }>[] = []
  #dialling = 0
  #isOver = false

  constructor(options: ProbeHandOptions) {
    this.#options = options
  }

  order(order: ProbeOrder): void {
    if (this.#isOver) return
    switch (order.kind) {
      case 'open':
        if (this.#held.size + this.#waiting.length + this.#dialling < PROBE_CONNECTIONS_MAX) this.#waiting.push(order)
        else this.#tellEnd(order.connection, 'failed', 0, 'too many connections')
        return this.#dialNext()
      case 'speak':
        return this.#speak(order.connection, Math.min(order.bytes, PROBE_DATA_BYTES_MAX))
      case 'pour':
        return this.#pour(order)
      case 'drop':
        return this.#drop(order.connection)
      case 'listen':
        return void this.#options.network.listen(Math.min(order.limitMs, LISTEN_MS_MAX)).then((port) => this.#emit({ kind: 'listening', port }), () => this.#emit({ kind: 'listening', port: 0 }))
      case 'dial':
        return void this.#knock(order)
    }
  }

  /** A connection that said which one of this measurement it is. */
  accept(link: ProbeLink, connection: number): void {
    if (this.#isOver || this.#held.has(connection) || this.#held.size >= PROBE_CONNECTIONS_MAX) return link.close()
    const held = this.#hold(connection, link, undefined)
    held.isOpen = true
    const { program, host, session } = this.#options
    link.send(encodeProbeFrame({ kind: 'welcome', magic: PROBE_MAGIC, version: PROBE_VERSION, session, connection, remote: link.remote, local: link.local, program, host, tlsKey: '' }))
    this.#emit({ kind: 'accepted', connection, local: link.local, remote: link.remote })
  }

  /** Lets go of everything and says no more. */
  close(): void {
    this.#isOver = true
    this.#drop(0)
  }

  #emit(event: ProbeEvent): void {
    if (!this.#isOver) this.#options.emit(event)
  }

  #tellEnd(connection: number, end: ProbeEnd, idleMs: number, text: string): void {
    this.#emit({ kind: 'ended', connection, end, idleMs: Math.round(idleMs), text: short(text) })
  }

  #dialNext(): void {
    while (this.#dialling < PROBE_DIALS_MAX) {
      const order = this.#waiting.shift()
      if (order === undefined) return
      this.#dialling += 1
      void this.#dial(order).finally(() => {
        this.#dialling -= 1
        this.#dialNext()
      })
    }
  }

  /** Resolves when the connection is open or has ended. */
  async #dial({ connection, mode, intervalMs, security, lastWord }: Extract<ProbeOrder, { kind: 'open' }>): Promise<void> {
    const { clock, network, session, program, host } = this.#options
    const startedMs = clock.monotonicMs()
    const outcome = await network.dial(security, PROBE_OPEN_MS_MAX)
    if (outcome.kind === 'end') return this.#tellEnd(connection, outcome.end, 0, outcome.text)
    const { link } = outcome
    if (this.#isOver || this.#held.has(connection)) return link.close()
    const settled = Promise.withResolvers<void>()
    const held = this.#hold(connection, link, { mode, intervalMs, lastWord }, startedMs, settled.resolve)
    held.timer = clock.setTimer(PROBE_OPEN_MS_MAX, () => {
      if (held.isOpen) return
      this.#release(held)
      this.#tellEnd(connection, 'timed-out', 0, 'the connection came up, but nobody answered on it')
      settled.resolve()
    })
    this.#send(held, { kind: 'hello', magic: PROBE_MAGIC, versionMin: PROBE_VERSION, versionMax: PROBE_VERSION, role: 'probe', session, connection, local: link.local, program, host })
    await settled.promise
  }

  #hold(connection: number, link: ProbeLink, order: Held['order'], startedMs = this.#options.clock.monotonicMs(), onSettled: () => void = () => undefined): Held {
    const held: Held = { connection, link, decoder: new ProbeFrameDecoder(), startedMs, order, isOpen: false, activeMs: this.#options.clock.monotonicMs(), saidMs: 0, timer: undefined, pour: undefined, got: undefined }
    this.#held.set(connection, held)
    link.attach({
      bytes: (chunk) => {
        this.#take(held, chunk)
        if (held.isOpen) onSettled()
      },
      drained: () => this.#pourOn(held),
      down: (end, text) => {
        onSettled()
        if (this.#held.get(connection) !== held) return
        this.#release(held)
        this.#tellEnd(connection, end, this.#idleMs(held), text)
      },
    })
    return held
  }

  #idleMs(held: Held): number {
    return this.#options.clock.monotonicMs() - held.activeMs
  }

  #send(held: Held, frame: ProbeFrame): void {
    held.activeMs = this.#options.clock.monotonicMs()
    held.link.send(encodeProbeFrame(frame))
  }

  #release(held: Held): void {
    this.#held.delete(held.connection)
    held.timer?.cancel()
    held.link.close()
  }

  #drop(connection: number): void {
    if (connection === 0) this.#waiting = []
    for (const held of connection === 0 ? this.#held.values() : [this.#held.get(connection)]) if (held !== undefined) this.#release(held)
  }

  #take(held: Held, chunk: Uint8Array): void {
    let frames: readonly ProbeFrame[]
    try {
      frames = held.decoder.push(chunk)
    } catch (error) {
      this.#release(held)
      return this.#tellEnd(held.connection, 'failed', this.#idleMs(held), faultOf(error).message)
    }
    for (const frame of frames) if (this.#held.get(held.connection) === held) this.#takeFrame(held, frame)
  }

  #takeFrame(held: Held, frame: ProbeFrame): void {
    const idleMs = Math.round(this.#idleMs(held))
    const nowMs = this.#options.clock.monotonicMs()
    held.activeMs = nowMs
    switch (frame.kind) {
      case 'welcome':
        return this.#opened(held, frame)
      case 'say':
        this.#emit({ kind: 'heard', connection: held.connection, idleMs, bytes: frame.padding.length })
        return this.#send(held, { kind: 'said', token: frame.token })
      case 'said':
        return this.#emit({ kind: 'answered', connection: held.connection, elapsedMs: Math.round(nowMs - held.saidMs) })
      case 'data':
        held.got ??= { startedMs: nowMs, bytes: 0 }
        held.got.bytes += frame.payload.length
        return
      case 'last':
        this.#emit({ kind: 'poured', connection: held.connection, bytes: held.got?.bytes ?? 0, elapsedMs: Math.max(1, Math.round(nowMs - (held.got?.startedMs ?? nowMs))) })
        held.got = undefined
        return
      case 'bye':
        this.#release(held)
        return this.#tellEnd(held.connection, 'failed', idleMs, `${frame.code}: ${frame.text}`)
      default:
        return
    }
  }

  #opened(held: Held, welcome: Extract<ProbeFrame, { kind: 'welcome' }>): void {
    const { order, link, connection } = held
    if (held.isOpen || order === undefined) return
    held.isOpen = true
    held.timer?.cancel()
    // A busy machine takes a packet late and sends it at once: who sends the last one knows best how long it has been silent.
    if (order.lastWord === 'dialler') this.#send(held, { kind: 'beat' })
    const intervalMs = Math.max(KEEPALIVE_INTERVAL_MS_MIN, order.intervalMs)
    if (order.mode === 'keepalive') link.setKeepAlive(intervalMs)
    if (order.mode === 'heartbeat') this.#beat(held, intervalMs)
    this.#emit({ kind: 'opened', connection, elapsedMs: Math.round(this.#options.clock.monotonicMs() - held.startedMs), local: link.local, remote: link.remote, localAtPeer: short(welcome.remote), remoteAtPeer: short(welcome.local) })
  }

  #beat(held: Held, intervalMs: number): void {
    held.timer = this.#options.clock.setTimer(intervalMs, () => {
      this.#send(held, { kind: 'beat' })
      this.#beat(held, intervalMs)
    })
  }

  #speak(connection: number, bytes: number): void {
    const held = this.#held.get(connection)
    if (held === undefined || !held.isOpen) return
    const idleMs = Math.round(this.#idleMs(held))
    held.saidMs = this.#options.clock.monotonicMs()
    this.#send(held, { kind: 'say', token: connection, padding: Buffer.alloc(bytes, 0x5a) })
    this.#emit({ kind: 'spoke', connection, idleMs })
  }

  #pour({ connection, bytesMax, limitMs }: Extract<ProbeOrder, { kind: 'pour' }>): void {
    const held = this.#held.get(connection)
    if (held === undefined || !held.isOpen || held.pour !== undefined) return
    held.pour = { endMs: this.#options.clock.monotonicMs() + Math.min(limitMs, POUR_MS_MAX), bytesLeft: Math.min(bytesMax, POUR_BYTES_MAX) }
    this.#pourOn(held)
  }

  #pourOn(held: Held): void {
    const { pour, link } = held
    if (pour === undefined) return
    while (!link.isClogged) {
      if (pour.bytesLeft <= 0 || this.#options.clock.monotonicMs() >= pour.endMs) {
        held.pour = undefined
        return this.#send(held, { kind: 'last' })
      }
      pour.bytesLeft -= PROBE_DATA_BYTES_MAX
      link.send(POURED)
    }
  }

  async #knock({ token, host, port }: Extract<ProbeOrder, { kind: 'dial' }>): Promise<void> {
    const { clock, network } = this.#options
    const startedMs = clock.monotonicMs()
    const { end, text } = await network.knock(host, port, KNOCK_MS_MAX)
    this.#emit({ kind: 'dialled', token, end, elapsedMs: Math.round(clock.monotonicMs() - startedMs), text: short(text) })
  }
}
