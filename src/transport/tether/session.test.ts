import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BufferPool } from '../../kernel/buffer-pool.ts'
import { seededRandom } from '../../kernel/random.ts'
import { encodeData, encodeFrame } from '../../wire/tether/frame-encode.ts'
import { FrameDecoder } from '../../wire/tether/frame-decoder.ts'
import type { HelloFrame, WelcomeFrame } from '../../wire/tether/frame.ts'
import { TetherPair } from '../../../sim/worlds/tether-pair.ts'
import type { PathShape, Side } from '../../../sim/worlds/tether-pair.ts'
import { allocateRequest, allocateStream, createSession, step, viewOf } from './session.ts'
import type { SessionEffect, SessionOptions } from './session-types.ts'

const LAN: PathShape = { bytesPerMs: 10_000, delayMs: 1, bufferBytes: 1_048_576 }

interface Seen {
  readonly side: Side
  readonly atMs: number
  readonly effect: SessionEffect
}

/** A pair that remembers its effects and reads at once; `onEffect` may answer. */
function pairOf(path: PathShape, options: { agent?: Partial<SessionOptions>; server?: Partial<SessionOptions>; onEffect?: (pair: TetherPair, side: Side, effect: SessionEffect) => void } = {}): { pair: TetherPair; seen: Seen[]; of: <K extends SessionEffect['kind']>(side: Side, kind: K) => Extract<SessionEffect, { kind: K }>[] } {
  const seen: Seen[] = []
  const random = seededRandom(1)
  const pair: TetherPair = new TetherPair({
    path,
    randomBytes: (count) => random.bytes(count),
    ...(options.agent === undefined ? {} : { agent: options.agent }),
    ...(options.server === undefined ? {} : { server: options.server }),
    program(side, effect) {
      seen.push({ side, atMs: pair.time.nowMs, effect })
      if (effect.kind === 'deliver') pair.post(side, { kind: 'consumed', stream: effect.stream, bytes: effect.piece.length })
      options.onEffect?.(pair, side, effect)
    },
  })
  const of = <K extends SessionEffect['kind']>(side: Side, kind: K): Extract<SessionEffect, { kind: K }>[] =>
    seen.filter((one) => one.side === side && one.effect.kind === kind).map((one) => one.effect as Extract<SessionEffect, { kind: K }>)
  return { pair, seen, of }
}

/** Keeps the agent writing from the first link on; counts what the server gets. */
function bulkPair(path: PathShape, pieceBytes: number): { pair: TetherPair; delivered: () => number; seen: Seen[] } {
  const piece = new Uint8Array(pieceBytes)
  let delivered = 0
  let stream = 0
  const { pair, seen } = pairOf(path, {
    onEffect(on, side, effect) {
      if (effect.kind === 'established' && side === 'agent' && stream === 0) {
        stream = allocateStream(on.sessions.agent)
        on.post('agent', { kind: 'open', stream, request: 0 })
        on.post('agent', { kind: 'write', stream, piece })
      }
      if (effect.kind === 'room') on.post('agent', { kind: 'write', stream, piece })
      if (effect.kind === 'deliver') delivered += effect.piece.length
    },
  })
  return { pair, seen, delivered: () => delivered }
}

test('a path of 1 Gbit/s and 150 ms is filled to nine tenths', () => {
  const { pair, delivered } = bulkPair({ bytesPerMs: 125_000, delayMs: 75, bufferBytes: 4_194_304 }, 262_144)
  pair.time.runUntil(4_000)
  const before = delivered()
  pair.time.runUntil(14_000)
  const share = (delivered() - before) / (125_000 * 10_000)
  assert.ok(share >= 0.9, `filled ${share}`)
  assert.ok(viewOf(pair.sessions.agent).unacknowledgedBulkBytes <= 32 * 1024 * 1024)
})

test('control on a line of 1 Mbit/s full of bulk takes less than 3 s, and the line stays full', () => {
  const { pair, delivered, seen } = bulkPair({ bytesPerMs: 125, delayMs: 50, bufferBytes: 1_048_576 }, 262_144)
  const asked: number[] = []
  for (let atMs = 5_000; atMs <= 55_000; atMs += 5_000) {
    pair.time.at(atMs, () => {
      asked.push(atMs)
      pair.post('agent', { kind: 'request', request: allocateRequest(pair.sessions.agent), service: 'noop', body: '' })
    })
  }
  pair.time.runUntil(60_000)
  const arrived = seen.filter(({ side, effect }) => side === 'server' && effect.kind === 'packet').map(({ atMs }) => atMs)
  assert.equal(arrived.length, asked.length)
  arrived.forEach((atMs, index) => assert.ok(atMs - (asked[index] ?? 0) < 3_000, `waited ${atMs - (asked[index] ?? 0)} ms`))
  assert.ok(delivered() >= 0.9 * 125 * 60_000)
})

test('after a cut only what was in flight is sent again, and control comes first', () => {
  const { pair, delivered, seen } = bulkPair(LAN, 65_536)
  pair.time.runUntil(1_000)
  const link = pair.newestLink
  assert.ok(link)
  const inFlight = viewOf(pair.sessions.agent).unacknowledgedBulkBytes
  pair.cut(link, 'reset')
  pair.post('agent', { kind: 'request', request: allocateRequest(pair.sessions.agent), service: 'noop', body: '' })
  pair.time.runUntil(2_000)
  const resumed = seen.findIndex(({ side, effect }) => side === 'server' && effect.kind === 'established' && effect.isResumed)
  const agentResumed = seen.map(({ side, effect }) => (side === 'agent' && effect.kind === 'established' && effect.isResumed ? effect.resentBytes : 0)).find((bytes) => bytes > 0)
  assert.ok(resumed > 0 && agentResumed !== undefined && agentResumed <= inFlight)
  const next = seen.slice(resumed + 1).find(({ side, effect }) => side === 'server' && (effect.kind === 'packet' || effect.kind === 'deliver'))
  assert.equal(next?.effect.kind, 'packet')
  assert.ok(delivered() > 1_000_000)
  assert.equal(seen.filter(({ effect }) => effect.kind === 'reset').length, 0)
})

test('a slow reader holds its own stream and no other', () => {
  const streams: number[] = []
  const got = new Map<number, number>()
  const random = seededRandom(2)
  const piece = new Uint8Array(100_000)
  const pair: TetherPair = new TetherPair({
    path: LAN,
    randomBytes: (count) => random.bytes(count),
    program(side, effect) {
      if (effect.kind === 'established' && side === 'agent') {
        for (let count = 0; count < 2; count++) {
          const stream = allocateStream(pair.sessions.agent)
          streams.push(stream)
          pair.post('agent', { kind: 'open', stream, request: 0 })
          pair.post('agent', { kind: 'write', stream, piece })
        }
      }
      if (effect.kind === 'room') pair.post('agent', { kind: 'write', stream: effect.stream, piece })
      if (effect.kind !== 'deliver') return
      got.set(effect.stream, (got.get(effect.stream) ?? 0) + effect.piece.length)
      if (effect.stream !== streams[0]) pair.post(side, { kind: 'consumed', stream: effect.stream, bytes: effect.piece.length })
    },
  })
  pair.time.runUntil(3_000)
  assert.equal(got.get(streams[0] ?? 0), 262_144)
  assert.ok((got.get(streams[1] ?? 0) ?? 0) > 20_000_000)
})

test('what a reader takes between HELLO and WELCOME opens the window all the same', () => {
  let waiting = 0
  let delivered = 0
  let stream = 0
  const random = seededRandom(3)
  const pair: TetherPair = new TetherPair({
    path: { ...LAN, delayMs: 50 },
    randomBytes: (count) => random.bytes(count),
    program(side, effect) {
      if (effect.kind === 'established' && side === 'server' && stream === 0) {
        stream = allocateStream(pair.sessions.server)
        pair.post('server', { kind: 'open', stream, request: 0 })
        pair.post('server', { kind: 'write', stream, piece: new Uint8Array(400_000) })
      }
      if (effect.kind !== 'deliver') return
      delivered += effect.piece.length
      waiting += effect.piece.length
    },
  })
  pair.time.runUntil(2_000)
  assert.equal(delivered, 262_144)
  const first = pair.newestLink
  assert.ok(first)
  pair.cut(first, 'reset')
  // The agent's new link is up, and its HELLO on its way.
  while (![...pair.sessions.agent.links.values()].some(({ phase }) => phase === 'waiting')) pair.time.runUntil(pair.time.nowMs + 1)
  pair.post('agent', { kind: 'consumed', stream, bytes: waiting })
  assert.equal(pair.sessions.agent.live, undefined)
  pair.time.runUntil(pair.time.nowMs + 2_000)
  assert.equal(delivered, 400_000)
})

for (const idleAnswer of ['reset', 'silence'] as const) {
  test(`a firewall that forgets after 5 s and answers with ${idleAnswer} is learned in three cuts`, () => {
    const { pair, of } = pairOf({ ...LAN, idleLimitMs: 5_000, idleAnswer })
    pair.time.runUntil(600_000)
    const cuts = of('agent', 'told').filter(({ told }) => told.kind === 'link-lost').length
    assert.ok(cuts >= 1 && cuts <= 3, `${cuts} cuts`)
    for (const side of ['agent', 'server'] as const) assert.ok(of(side, 'told').some(({ told }) => told.kind === 'path-learned' && told.heartbeatMs < 5_000), `the ${side} tells of it`)
    assert.equal(of('agent', 'reset').length, 0)
  })
}

test('a firewall that forgets after 15 s never cuts', () => {
  const { pair, of } = pairOf({ ...LAN, idleLimitMs: 15_000, idleAnswer: 'silence' })
  pair.time.runUntil(600_000)
  assert.equal(of('agent', 'told').length + of('server', 'told').length, 0)
})

test('silence is found at dead-after, and a healed path within a second', () => {
  const { pair, seen, of } = pairOf(LAN)
  pair.time.runUntil(1_000)
  const link = pair.newestLink
  assert.ok(link)
  link.isSilent = true
  pair.outage = 'dark'
  pair.time.runUntil(91_000)
  pair.outage = 'none'
  pair.time.runUntil(93_000)
  const lost = seen.find(({ side, effect }) => side === 'agent' && effect.kind === 'told' && effect.told.kind === 'link-lost')
  assert.ok(lost && lost.atMs >= 30_000 && lost.atMs < 32_000, `lost at ${lost?.atMs}`)
  const again = seen.find(({ side, atMs, effect }) => side === 'agent' && effect.kind === 'established' && atMs > 91_000)
  assert.ok(again && again.atMs < 92_000, `linked at ${again?.atMs}`)
  assert.ok(of('agent', 'established')[1]?.isResumed)
})

test('a session without a link ends after session-hold and not before', () => {
  const { pair, of } = pairOf(LAN, { agent: { sessionHoldMs: 60_000 }, server: { sessionHoldMs: 60_000 } })
  pair.time.runUntil(1_000)
  pair.outage = 'refused'
  const link = pair.newestLink
  assert.ok(link)
  pair.cut(link, 'closed')
  pair.time.runUntil(60_000)
  assert.equal(of('agent', 'reset').length, 0)
  pair.time.runUntil(62_000)
  assert.deepEqual([of('agent', 'reset')[0]?.code, of('server', 'reset')[0]?.code], ['session-expired', 'session-expired'])
  pair.outage = 'none'
  pair.time.runUntil(64_000)
  assert.equal(of('agent', 'established').at(-1)?.isResumed, false)
})

test('versions: the highest common one is used, either side may be older, and without one both are told', () => {
  for (const [agent, server, common] of [[[1, 1], [1, 3], 1], [[1, 3], [1, 2], 2], [[2, 5], [3, 3], 3]] as const) {
    const { pair, of } = pairOf(LAN, { agent: { versionMin: agent[0], versionMax: agent[1] }, server: { versionMin: server[0], versionMax: server[1] } })
    pair.time.runUntil(1_000)
    assert.deepEqual([of('agent', 'established')[0]?.version, of('server', 'established')[0]?.version], [common, common])
  }
  for (const [agent, server] of [[[1, 1], [2, 3]], [[4, 5], [2, 3]]] as const) {
    const { pair, of } = pairOf(LAN, { agent: { versionMin: agent[0], versionMax: agent[1] }, server: { versionMin: server[0], versionMax: server[1] } })
    pair.time.runUntil(10_000)
    const told = of('agent', 'told')[0]?.told
    assert.ok(told?.kind === 'link-refused' && told.code === 'version-unsupported' && told.text.includes('2 to 3'))
    assert.ok(pair.counts.dials <= 2)
  }
})

test('requests, replies and renewals work in both directions; a large reply comes whole', () => {
  const body = 'sendsize '.repeat(100_000)
  const { pair, of } = pairOf(LAN, {
    onEffect(on, side, effect) {
      if (effect.kind === 'packet' && effect.packet === 'req') {
        on.post(side, { kind: 'reply', request: effect.request, packet: 'prep', body: 'part' })
        on.post(side, { kind: 'reply', request: effect.request, packet: 'rep', body })
      }
      if (effect.kind === 'renewed' && effect.phase === 'offer') on.post(side, { kind: 'renew', phase: 'accept', spki: effect.spki })
    },
  })
  pair.time.runUntil(100)
  for (const side of ['agent', 'server'] as const) pair.post(side, { kind: 'request', request: allocateRequest(pair.sessions[side]), service: 'sendsize', body: 'x' })
  pair.post('agent', { kind: 'renew', phase: 'offer', spki: Uint8Array.of(1, 2, 3) })
  pair.time.runUntil(2_000)
  for (const side of ['agent', 'server'] as const) assert.deepEqual(of(side, 'packet').filter(({ packet }) => packet !== 'req').map(({ packet, body: text }) => [packet, text.length]), [['prep', 4], ['rep', body.length]])
  assert.deepEqual(of('agent', 'renewed').map(({ phase, spki }) => [phase, ...spki]), [['accept', 1, 2, 3]])
})

function helloOf(changes: Partial<HelloFrame>): HelloFrame {
  const id = new Uint8Array(16)
  return { kind: 'hello', versionMin: 1, versionMax: 1, machineId: id, instanceId: id, attempt: 1, session: id, epoch: 0, heartbeatMs: 10_000, program: '', hostName: 'copy', controlReceived: 0, bulkReceived: 0, windows: [], commits: [], bulkSentBytes: 0, ...changes }
}

function serverAlone(): { ask(service: string): void; down(link: number): void; send(link: number, frame: Uint8Array, nowMs?: number): readonly SessionEffect[]; up(link: number): void; tell(kind: 'wake' | 'poll-done', nowMs: number): readonly SessionEffect[] } {
  const budget = { limitBytes: 1 << 26, usedBytes: 0 }
  const session = createSession({ role: 'server', machineId: new Uint8Array(16), instanceId: new Uint8Array(16), program: '', hostName: 'client', randomBytes: (count) => new Uint8Array(count).fill(5), replayBudget: budget, receiveBudget: budget, buffers: new BufferPool({ idleBytesMax: 0, poisons: true }) })
  step(session, { kind: 'start' }, 0)
  return {
    send: (link, frame, nowMs = 1) => step(session, { kind: 'bytes', link, chunk: frame }, nowMs),
    up: (link) => void step(session, { kind: 'link-up', link }, 1),
    down: (link) => void step(session, { kind: 'link-down', link, loss: 'reset', text: '' }, 1),
    ask: (service) => void step(session, { kind: 'request', request: allocateRequest(session), service, body: '' }, 1),
    tell: (kind, nowMs) => step(session, { kind }, nowMs),
  }
}

test('a stalled process does not take its own sleep for silence', () => {
  const isLost = (effects: readonly SessionEffect[]): boolean => effects.some((effect) => effect.kind === 'told' && effect.told.kind === 'link-lost')
  for (const hasWaiting of [true, false]) {
    const server = serverAlone()
    server.up(1)
    server.send(1, encodeFrame(helloOf({})))
    const woken = server.tell('wake', 50_000)
    assert.ok(woken.some((effect) => effect.kind === 'poll') && !isLost(woken))
    if (hasWaiting) server.send(1, encodeFrame({ kind: 'ping', token: 1 }), 50_001)
    assert.equal(isLost(server.tell('poll-done', 50_002)), !hasWaiting)
  }
})

test('a key that two machines use is named as cloned; so is a replaced process that keeps coming back', () => {
  const server = serverAlone()
  const hello = (link: number, instance: number, machine: number, attempt: number): readonly SessionEffect[] => {
    server.up(link)
    return server.send(link, encodeFrame(helloOf({ instanceId: new Uint8Array(16).fill(instance), machineId: new Uint8Array(16).fill(machine), attempt })))
  }
  const codes = (effects: readonly SessionEffect[]): string[] => effects.flatMap((effect) => (effect.kind === 'close-link' ? [effect.code] : effect.kind === 'told' && effect.told.kind === 'clone-seen' ? ['told'] : []))
  assert.deepEqual(codes(hello(1, 1, 1, 1)), [])
  assert.deepEqual(codes(hello(2, 2, 9, 1)), ['told', 'cloned-key'])
  assert.deepEqual(codes(hello(3, 2, 1, 1)), ['superseded'])
  assert.deepEqual(codes(hello(4, 1, 1, 2)), ['superseded'])
  assert.deepEqual(codes(hello(5, 1, 1, 3)), ['superseded'])
  assert.deepEqual(codes(hello(6, 1, 1, 4)), ['told', 'cloned-key'])
})

test('a peer that breaks the protocol gets GOAWAY with a code, and the session is reset', () => {
  const open = encodeFrame({ kind: 'open', seq: 1, stream: 1, request: 0 })
  const big = new Uint8Array(200_000)
  const cases: readonly (readonly [string, readonly Uint8Array[]])[] = [
    ['order-broken', [encodeFrame({ kind: 'open', seq: 2, stream: 1, request: 0 })]],
    ['order-broken', [encodeFrame({ kind: 'open', seq: 1, stream: 2, request: 0 })]],
    ['order-broken', [encodeFrame({ kind: 'ack', control: 1, bulk: 0 })]],
    ['order-broken', [encodeData(1, 1, 0, false, Uint8Array.of(1))]],
    ['order-broken', [open, encodeFrame({ kind: 'commit', stream: 1, offset: 5 })]],
    ['order-broken', [encodeFrame(helloOf({ attempt: 2 }))]],
    ['limit-broken', [open, encodeData(1, 1, 0, false, big), encodeData(2, 1, big.length, false, big)]],
    ['limit-broken', Array.from({ length: 300 }, (_unused, index) => encodeFrame({ kind: 'packet', seq: index + 1, request: 2 * index + 1, packet: 'req', isLast: true, service: 'noop', body: new Uint8Array(0) }))],
    ['limit-broken', Array.from({ length: 600 }, (_unused, index) => encodeFrame({ kind: 'open', seq: index + 1, stream: 2 * index + 1, request: 0 }))],
    ['unknown-frame', [Uint8Array.of(0x3f, 0, 0, 0)]],
    ['malformed', [Uint8Array.of(0x08, 0, 0, 1, 7)]],
  ]
  for (const [code, frames] of cases) {
    const server = serverAlone()
    server.up(1)
    server.send(1, encodeFrame(helloOf({})))
    const effects = frames.flatMap((frame) => [...server.send(1, frame)])
    assert.deepEqual(effects.flatMap((effect) => (effect.kind === 'close-link' || effect.kind === 'reset' ? [effect.code] : [])), [code, code])
  }
})

for (const code of ['closing', 'shutting-down'] as const) {
  test(`GOAWAY ${code} on the live link ends the session on both sides, and the agent comes back within seconds with a new one`, () => {
    const { pair, seen, of } = pairOf(LAN)
    pair.time.runUntil(1_000)
    const stream = allocateStream(pair.sessions.server)
    pair.post('server', { kind: 'open', stream, request: 0 })
    pair.time.runUntil(2_000)
    assert.equal(of('agent', 'stream-opened').length, 1)
    pair.post('server', { kind: 'close', code, text: 'the test' })
    pair.restart('server')
    pair.time.runUntil(6_000)
    assert.deepEqual([of('server', 'ended')[0]?.code, of('agent', 'reset').map((reset) => reset.code)], [code, [code]])
    const [first, again] = seen.filter(({ side, effect }) => side === 'agent' && effect.kind === 'established')
    assert.ok(first?.effect.kind === 'established' && again?.effect.kind === 'established' && !again.effect.isResumed && again.effect.session !== first.effect.session)
    assert.ok(again.atMs > 3_000 && again.atMs < 4_500, `back at ${again.atMs}`)
    assert.equal(viewOf(pair.sessions.agent).streams, 0)
  })
}

test('an agent that is stopped says so: the server drops its streams and waits for no link', () => {
  const { pair, of } = pairOf(LAN)
  pair.time.runUntil(1_000)
  const stream = allocateStream(pair.sessions.agent)
  pair.post('agent', { kind: 'open', stream, request: 0 })
  pair.time.runUntil(1_100)
  pair.post('agent', { kind: 'close', code: 'shutting-down', text: 'stopped' })
  const { dials } = pair.counts
  pair.time.runUntil(60_000)
  assert.deepEqual([of('server', 'reset')[0]?.code, of('agent', 'ended')[0]?.code, viewOf(pair.sessions.server).streams, pair.counts.dials], ['shutting-down', 'shutting-down', 0, dials])
})

test('a lost WELCOME loses nothing: work queued at the server stays, and both agree on the session', () => {
  const server = serverAlone()
  const welcomes: string[] = []
  const welcomeOf = (effects: readonly SessionEffect[]): WelcomeFrame => {
    const frames = effects.flatMap((effect) => (effect.kind === 'send' ? effect.chunks.flatMap((chunk) => new FrameDecoder().push(Uint8Array.from(chunk))) : []))
    const found = frames.find((frame) => frame.kind === 'welcome')
    assert.ok(found?.kind === 'welcome')
    welcomes.push(Buffer.from(found.session).toString('hex'))
    return found
  }
  server.up(1)
  const first = server.send(1, encodeFrame(helloOf({})))
  assert.equal(welcomeOf(first).isResumed, false)
  server.ask('noop')
  server.down(1)
  // The agent never saw the WELCOME: it comes without a session.
  server.up(2)
  const second = server.send(2, encodeFrame(helloOf({ attempt: 2 })))
  assert.equal(welcomeOf(second).isResumed, false)
  assert.ok(![...first, ...second].some((effect) => effect.kind === 'reset'))
  assert.equal(welcomes[0], welcomes[1])
  const written = second.flatMap((effect) => (effect.kind === 'send' ? effect.chunks.flatMap((chunk) => new FrameDecoder().push(Uint8Array.from(chunk))) : []))
  assert.ok(written.some((frame) => frame.kind === 'packet' && frame.packet === 'req'))
  // One that was resumed once is known to have been accepted: an agent that does not know it any more loses its streams.
  server.send(2, encodeFrame({ kind: 'ping', token: 1 }))
  server.down(2)
  server.up(3)
  const third = server.send(3, encodeFrame(helloOf({ attempt: 3 })))
  assert.ok(third.some((effect) => effect.kind === 'reset' && effect.code === 'session-unknown'))
})

test('an agent whose key changed dials beside the live link, and the session goes on over the new one; a dial that fails changes nothing', () => {
  const { pair, of } = pairOf(LAN)
  pair.time.runUntil(1_000)
  pair.outage = 'refused'
  pair.post('agent', { kind: 'relink' })
  pair.time.runUntil(5_000)
  assert.deepEqual([of('agent', 'established').length, of('agent', 'told').length, pair.counts.links], [1, 0, 1])
  pair.outage = 'none'
  pair.post('agent', { kind: 'relink' })
  pair.time.runUntil(9_000)
  assert.deepEqual(of('agent', 'established').map(({ isResumed }) => isResumed), [false, true])
  assert.deepEqual([of('agent', 'reset').length, of('server', 'reset').length, viewOf(pair.sessions.server).isConnected], [0, 0, true])
})
