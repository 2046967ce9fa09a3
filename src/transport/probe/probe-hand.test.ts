// Two hands over links in memory, the control channel between a caller and a listener, and what strangers are told.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import { seededRandom } from '../../kernel/random.ts'
import { encodeProbeFrame, ProbeFrameDecoder } from '../../wire/probe/frame-codec.ts'
import { PROBE_MAGIC, type ProbeEvent, type ProbeFrame } from '../../wire/probe/frame.ts'
import { callProbe } from './probe-caller.ts'
import { ProbeHand } from './probe-hand.ts'
import type { PipeSink, ProbeLink, ProbeNetwork } from './probe-link.ts'
import { ProbeListener } from './probe-listener.ts'

class MemoryLink implements ProbeLink {
  readonly isClogged = false
  readonly local: string
  readonly remote: string
  readonly keepAliveMs: number[] = []
  other: MemoryLink | undefined
  #sink: PipeSink | undefined
  #early: Uint8Array[] = []
  #isDown = false

  constructor(local: string, remote: string) {
    this.local = local
    this.remote = remote
  }

  static pair(): [MemoryLink, MemoryLink] {
    const [one, two] = [new MemoryLink('10.0.0.1:1', '10.0.0.2:2'), new MemoryLink('10.0.0.2:2', '192.0.2.1:9')]
    one.other = two
    two.other = one
    return [one, two]
  }

  attach(sink: PipeSink): void {
    this.#sink = sink
    for (const chunk of this.#early.splice(0)) queueMicrotask(() => this.#sink?.bytes(chunk))
  }

  send(bytes: Uint8Array): void {
    const { other } = this
    if (!this.#isDown && other !== undefined) queueMicrotask(() => (other.#sink === undefined ? other.#early.push(bytes) : other.#sink.bytes(bytes)))
  }

  setKeepAlive(intervalMs: number): void {
    this.keepAliveMs.push(intervalMs)
  }

  close(): void {
    for (const end of [this, this.other]) queueMicrotask(() => queueMicrotask(() => end?.down()))
  }

  down(): void {
    if (this.#isDown) return
    this.#isDown = true
    this.#sink?.down('closed', 'closed')
  }
}

const settled = (): Promise<void> => new Promise((resolve) => systemClock.setTimer(5, resolve))

function networkTo(listener: ProbeListener, links: MemoryLink[]): ProbeNetwork {
  return {
    dial() {
      const [here, there] = MemoryLink.pair()
      links.push(here)
      listener.take(there)
      return Promise.resolve({ kind: 'link', link: here })
    },
    knock: () => Promise.resolve({ end: 'refused', text: 'nobody listens' }),
    listen: () => Promise.resolve(4711),
  }
}

function startListener(ends: boolean[]): ProbeListener {
  const network: ProbeNetwork = { dial: () => Promise.resolve({ kind: 'end', end: 'failed', text: '' }), knock: () => Promise.resolve({ end: 'connected', text: '' }), listen: () => Promise.resolve(815) }
  return new ProbeListener({ clock: systemClock, random: seededRandom(1), log: silentLog, network, program: 'holdfast test', host: 'there', tlsKey: 'sha256:k', onBegin: () => undefined, onEnd: (isDone) => ends.push(isDone) })
}

test('two hands hold a connection, speak on it in both directions, pour, and tell how it ended', async () => {
  const ends: boolean[] = []
  const listener = startListener(ends)
  const links: MemoryLink[] = []
  const [here, there] = MemoryLink.pair()
  listener.take(there)
  const outcome = await callProbe(here, systemClock, { program: 'holdfast test', host: 'here' })
  assert.ok(outcome.kind === 'ours')
  const { channel, welcome } = outcome
  assert.equal(welcome.remote, '192.0.2.1:9', 'what the listener sees of us')
  const seen: ProbeFrame[] = []
  channel.listen({ frame: (frame) => seen.push(frame), down: () => undefined })
  const events: ProbeEvent[] = []
  const hand = new ProbeHand({ clock: systemClock, network: networkTo(listener, links), session: welcome.session, program: 'holdfast test', host: 'here', emit: (event) => events.push(event) })

  hand.order({ kind: 'open', connection: 7, mode: 'keepalive', intervalMs: 3000, security: 'plain', lastWord: 'dialler' })
  await settled()
  const opened = events.find((event) => event.kind === 'opened')
  assert.ok(opened !== undefined && opened.local === '10.0.0.1:1' && opened.localAtPeer === '192.0.2.1:9')
  assert.deepEqual(links[0]?.keepAliveMs, [3000])
  assert.ok(seen.some((frame) => frame.kind === 'accepted' && frame.connection === 7))

  hand.order({ kind: 'speak', connection: 7, bytes: 1400 })
  await settled()
  assert.deepEqual(events.map(({ kind }) => kind), ['opened', 'spoke', 'answered'])
  assert.ok(seen.some((frame) => frame.kind === 'heard' && frame.bytes === 1400))

  channel.send({ kind: 'speak', connection: 7, bytes: 0 })
  await settled()
  assert.ok(events.some((event) => event.kind === 'heard') && seen.some((frame) => frame.kind === 'answered'))

  hand.order({ kind: 'pour', connection: 7, bytesMax: 200_000, limitMs: 1000 })
  await settled()
  const poured = seen.find((frame) => frame.kind === 'poured')
  assert.ok(poured?.kind === 'poured' && poured.bytes >= 200_000 && poured.bytes < 300_000)

  channel.send({ kind: 'dial', token: 3, host: '10.0.0.1', port: 9 })
  hand.order({ kind: 'listen', limitMs: 10 })
  await settled()
  assert.ok(seen.some((frame) => frame.kind === 'dialled' && frame.token === 3 && frame.end === 'connected'))
  assert.ok(events.some((event) => event.kind === 'listening' && event.port === 4711))

  const { roundTripMs, offsetMs } = await channel.ping()
  assert.ok(roundTripMs < 1000 && Math.abs(offsetMs) < 1000)
  channel.send({ kind: 'drop', connection: 7 })
  await settled()
  assert.ok(events.some((event) => event.kind === 'ended' && event.connection === 7 && event.end === 'closed'))
  await channel.finish('measured')
  assert.deepEqual(ends, [true], 'the listener knows that it is done before the caller goes')
  hand.close()
})

test('who does not know the session, comes second, or says something else is sent away with the reason', async () => {
  const listener = startListener([])
  const [first, taken] = MemoryLink.pair()
  listener.take(taken)
  const outcome = await callProbe(first, systemClock, { program: 'p', host: 'h' })
  assert.ok(outcome.kind === 'ours')
  outcome.channel.listen({ frame: () => undefined, down: () => undefined })

  const [second, alsoTaken] = MemoryLink.pair()
  listener.take(alsoTaken)
  await assert.rejects(callProbe(second, systemClock, { program: 'p', host: 'h' }), (error) => error instanceof Fault && error.code === 'agent-busy')

  const told = async (bytes: Uint8Array): Promise<string | undefined> => {
    const [here, there] = MemoryLink.pair()
    const frames: ProbeFrame[] = []
    const decoder = new ProbeFrameDecoder()
    here.attach({ bytes: (chunk) => frames.push(...decoder.push(chunk)), drained: () => undefined, down: () => undefined })
    listener.take(there)
    here.send(bytes)
    await settled()
    const [frame] = frames
    return frame?.kind === 'bye' ? frame.code : undefined
  }
  const hello = { kind: 'hello', magic: PROBE_MAGIC, versionMin: 1, versionMax: 1, role: 'probe', session: new Uint8Array(16), connection: 1, local: '', program: '', host: '' } as const
  assert.equal(await told(encodeProbeFrame(hello)), 'unknown-session')
  assert.equal(await told(encodeProbeFrame({ ...hello, versionMin: 2, versionMax: 3 })), 'version')
  assert.equal(await told(Buffer.concat([encodeProbeFrame(hello), encodeProbeFrame({ kind: 'beat' })])), 'malformed')
  assert.equal(await told(Buffer.from('GET / HTTP/1.1\r\n\r\n')), 'malformed')
  outcome.channel.close('done', 'over')
})

test('what is not ours is a value', async () => {
  const [here, there] = MemoryLink.pair()
  there.attach({ bytes: () => there.send(Buffer.from('220 smtp.example ESMTP\r\n')), drained: () => undefined, down: () => undefined })
  const outcome = await callProbe(here, systemClock, { program: 'p', host: 'h' })
  assert.equal(outcome.kind, 'foreign')
})
