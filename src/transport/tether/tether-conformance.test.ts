import assert from 'node:assert/strict'
import { it } from 'node:test'
import { BufferPool } from '../../kernel/buffer-pool.ts'
import { systemClock, type Clock, type Timer } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import { seededRandom, type Random } from '../../kernel/random.ts'
import { transportSuite, type Rig } from '../conformance.ts'
import type { RequestHandler, Transport } from '../contract.ts'
import { ConnectionLease } from './connection-lease.ts'
import type { LinkDialer, LinkSink, RawLink } from './link.ts'
import { createMemoryLinkPair } from './memory-link.ts'
import { TetherPeer, type LinkEvent } from './peer.ts'

/** Time that stands still while anything moves and jumps to the next timer when nothing does. */
class IdleClock implements Clock {
  #nowMs = 0
  #timers: { readonly atMs: number; readonly order: number; readonly action: () => void }[] = []
  #polls: (() => void)[] = []
  #order = 0
  #isPumping = false

  monotonicMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return 1_800_000_000_000 + this.#nowMs
  }

  setTimer(delayMs: number, action: () => void): Timer {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, action }
    this.#timers.push(timer)
    this.#pump()
    return { cancel: () => (this.#timers = this.#timers.filter((other) => other !== timer)) }
  }

  afterPoll(action: () => void): void {
    this.#polls.push(action)
    this.#pump()
  }

  #isStopped = false

  /** Nothing more happens. */
  stop(): void {
    this.#isStopped = true
  }

  #pump(): void {
    if (this.#isPumping || this.#isStopped) return
    this.#isPumping = true
    let quiet = 0
    const turn = (): void => {
      if (this.#isStopped) return
      const due = this.#polls.splice(0)
      for (const action of due) action()
      quiet = due.length > 0 ? 0 : quiet + 1
      if (quiet > 3) {
        quiet = 0
        const next = this.#timers.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
        if (next === undefined) {
          this.#isPumping = false
          return
        }
        this.#timers = this.#timers.filter((other) => other !== next)
        this.#nowMs = Math.max(this.#nowMs, next.atMs)
        next.action()
      }
      systemClock.afterPoll(turn)
    }
    systemClock.afterPoll(turn)
  }
}

/** Ends both ends of a link, as a reset does, once so many bytes have come through; the last chunk is cut. */
class Fuse {
  left: number
  readonly sinks: LinkSink[] = []
  readonly #clock: Clock
  constructor(bytes: number, clock: Clock) {
    this.left = bytes
    this.#clock = clock
  }

  wrap(link: RawLink): RawLink {
    return {
      send: (chunks, bytes) => link.send(chunks, bytes),
      close: () => link.close(),
      attach: (sink) => {
        this.sinks.push(sink)
        link.attach({
          bytes: (chunk) => {
            if (this.left <= 0) return
            const passed = chunk.subarray(0, this.left)
            this.left -= passed.length
            sink.bytes(passed)
            if (this.left > 0) return
            for (const told of this.sinks) this.#clock.afterPoll(() => told.down('reset', 'cut'))
          },
          drained: (bytes) => {
            if (this.left > 0) sink.drained(bytes)
          },
          down: (loss, text) => {
            if (this.left > 0) sink.down(loss, text)
          },
        })
      },
    }
  }
}

interface TetherRig extends Rig {
  readonly events: LinkEvent[]
}

function createRig(handler: RequestHandler, random: Random, fuseBytes: () => number): TetherRig {
  const clock = new IdleClock()
  const events: LinkEvent[] = []
  const budget = (): { limitBytes: number; usedBytes: number } => ({ limitBytes: 64 * 1024 * 1024, usedBytes: 0 })
  const common = { clock, log: silentLog, onLinkEvent: (event: LinkEvent) => void events.push(event) }
  const session = { program: 'holdfast test', hostName: 'client', randomBytes: (count: number) => random.bytes(count) }
  const server = new TetherPeer({ ...common, host: 'client', handler: () => Promise.resolve(), session: { ...session, role: 'server', machineId: random.bytes(16), instanceId: random.bytes(16), replayBudget: budget(), receiveBudget: budget(), buffers: new BufferPool({ poisons: true }) } })
  const dialer: LinkDialer = {
    dial() {
      const [near, far] = createMemoryLinkPair(clock)
      const fuse = new Fuse(fuseBytes(), clock)
      server.addLink(fuse.wrap(far))
      return Promise.resolve(fuse.wrap(near))
    },
  }
  const agent = new TetherPeer({ ...common, host: 'server', handler, dialer, session: { ...session, role: 'agent', machineId: random.bytes(16), instanceId: random.bytes(16), replayBudget: budget(), receiveBudget: budget(), buffers: new BufferPool({ poisons: true }) } })
  server.start()
  agent.start()
  const transport: Transport = { connect: async (_host, signal) => new ConnectionLease(await server.established(signal)) }
  return {
    transport,
    host: 'client',
    events,
    close: () => {
      agent.end('shutting-down', 'the test is over')
      server.end('shutting-down', 'the test is over')
      clock.stop()
    },
  }
}

transportSuite('tether', (handler) => Promise.resolve(createRig(handler, seededRandom(1), () => Number.POSITIVE_INFINITY)))

for (const seed of [1, 2, 3]) {
  const random = seededRandom(seed)
  transportSuite(`tether over links that are cut, seed ${seed}`, (handler) => Promise.resolve(createRig(handler, random, () => 400 + random.int(600_000))))
}

it('tether: a cut is told with what was in flight and what was sent again, and costs no stream', async () => {
  const random = seededRandom(9)
  const rig = createRig(async (request) => {
    const stream = request.openStream()
    request.rep(String(stream.handle))
    for (let count = 0; count < 64; count++) await stream.write(new Uint8Array(65_536).fill(count))
    await stream.end()
  }, random, () => 300_000)
  const connection = await rig.transport.connect('client', new AbortController().signal)
  let handle = 0
  for await (const packet of connection.request('sendbackup', '')) handle = Number(packet.body)
  const stream = connection.stream(handle)
  let bytes = 0
  for (let piece = await stream.read(); piece !== null; piece = await stream.read()) bytes += piece.length
  assert.equal(bytes, 64 * 65_536)
  const downs = rig.events.filter((event) => event.kind === 'down')
  const ups = rig.events.filter((event) => event.kind === 'up')
  assert.ok(downs.length >= 10, `${downs.length} cuts`)
  assert.ok(downs.every((event) => event.code === 'reset' || event.code === 'superseded'), JSON.stringify(downs))
  assert.ok(ups.slice(2).every((event) => event.isResumed && event.outageMs < 1000), JSON.stringify(ups))
  const inFlight = downs.reduce((sum, event) => sum + event.unacknowledgedBytes, 0)
  // Both ends tell the same figure; one of them counts.
  const resent = ups.filter((event) => event.host === 'client').reduce((sum, event) => sum + event.resentBytes, 0)
  assert.ok(resent > 0, 'the server knows what the agent sent again')
  assert.ok(resent <= inFlight, `${resent} bytes were sent again, ${inFlight} were in flight`)
  await rig.close()
})

it('tether: a session that ends tells everybody why', async () => {
  const rig = createRig(() => new Promise(() => undefined), seededRandom(4), () => Number.POSITIVE_INFINITY)
  const connection = await rig.transport.connect('client', new AbortController().signal)
  const answer = assert.rejects(async () => {
    for await (const packet of connection.request('noop', '')) assert.fail(packet.body)
  }, (error) => error instanceof Fault && error.code === 'connection-lost')
  await rig.close()
  await answer
  assert.equal((await connection.closed).code, 'connection-lost')
})

it('tether: COMMIT reaches the writer after its stream is over, and one user closing leaves the others alone', async () => {
  const written: { committedBytes(): number }[] = []
  const rig = createRig(async (request) => {
    const stream = request.openStream()
    written.push(stream)
    request.rep(String(stream.handle))
    await stream.write(new Uint8Array(5000))
    await stream.end()
  }, seededRandom(5), () => Number.POSITIVE_INFINITY)
  const { signal } = new AbortController()
  const leaver = await rig.transport.connect('client', signal)
  const connection = await rig.transport.connect('client', signal)
  let handle = 0
  for await (const packet of connection.request('sendbackup', '')) handle = Number(packet.body)
  const stream = connection.stream(handle)
  await leaver.close(new Fault('cancelled', 'this dump was stopped'))
  await stream.end()
  let bytes = 0
  for (let piece = await stream.read(); piece !== null; piece = await stream.read()) bytes += piece.length
  stream.commit(bytes)
  for (let turn = 0; written[0]?.committedBytes() !== 5000 && turn < 10_000; turn++) await new Promise<void>((resolve) => systemClock.afterPoll(resolve))
  assert.equal(written[0]?.committedBytes(), 5000)
  await rig.close()
})
