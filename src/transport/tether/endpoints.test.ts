// Whole endpoints over memory links and virtual time: enrolment, strangers, versions, names.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskImage } from '../../../sim/disk-image.ts'
import { instantDisk } from '../../../sim/disk.ts'
import { Life, Scheduler } from '../../../sim/scheduler.ts'
import { BufferPool } from '../../kernel/buffer-pool.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import { FrameDecoder } from '../../wire/tether/frame-decoder.ts'
import { encodeFrame } from '../../wire/tether/frame-encode.ts'
import { goawayCodeOf } from '../../wire/tether/goaway.ts'
import type { RequestHandler } from '../contract.ts'
import { startAgentEndpoint } from './agent-endpoint.ts'
import { AgentRegistry } from './agent-registry.ts'
import { enrolOver } from './enrol-client.ts'
import { STRANGERS_MAX, STRANGERS_PER_ADDRESS_MAX } from './limits.ts'
import type { RawLink } from './link.ts'
import { createMemoryLinkPair } from './memory-link.ts'
import type { LinkEvent, TetherPeer } from './peer.ts'
import { ServerEndpoint, type ServerEndpointOptions } from './server-endpoint.ts'
import type { VersionRange } from './session-types.ts'

const LIMIT_MS = 300_000
const codeIs = (code: string, ...words: readonly string[]) => (error: unknown): boolean => error instanceof Fault && error.code === code && words.every((word) => error.message.includes(word))
const versionsOf = (versionMin: number, versionMax: number): VersionRange => ({ versionMin, versionMax })

class Lab {
  readonly scheduler = new Scheduler(1)
  readonly clock = new Life(this.scheduler, 'both').clock
  readonly registry: AgentRegistry
  readonly endpoint: ServerEndpoint
  readonly events: LinkEvent[] = []

  constructor(registry: AgentRegistry, options: Partial<ServerEndpointOptions>) {
    this.registry = registry
    this.endpoint = new ServerEndpoint({ clock: this.clock, random: this.scheduler.random, log: silentLog, registry, machineId: new Uint8Array(16), program: 'server', buffers: new BufferPool({ poisons: true }), onLinkEvent: (event) => void this.events.push(event), ...options })
  }

  static async open(options: Partial<ServerEndpointOptions> = {}): Promise<Lab> {
    const registry = await AgentRegistry.open(instantDisk(new DiskImage()), '/agents.json')
    await registry.addToken('alpha', 'secret', Number.MAX_SAFE_INTEGER, 0)
    return new Lab(registry, options)
  }

  dial(fingerprint: string, remote = '192.0.2.1:9'): RawLink {
    const [near, far] = createMemoryLinkPair(this.clock)
    this.endpoint.accept(far, fingerprint, remote)
    return near
  }

  agent(fingerprint: string, versions: VersionRange | undefined, handler: RequestHandler = (request) => Promise.resolve(request.rep(''))): { readonly peer: TetherPeer; readonly events: LinkEvent[] } {
    const events: LinkEvent[] = []
    const peer = startAgentEndpoint({ clock: this.clock, random: this.scheduler.random, log: silentLog, handler, hostName: 'self', machineId: new Uint8Array(16).fill(7), program: 'agent', buffers: new BufferPool({ poisons: true }), dialer: { dial: () => Promise.resolve(this.dial(fingerprint)) }, onLinkEvent: (event) => void events.push(event), ...(versions === undefined ? {} : { versions }) })
    return { peer, events }
  }

  enrol(fingerprint: string, secret = 'secret'): Promise<string> {
    return this.run(enrolOver(this.dial(fingerprint), secret, 'self', 'agent', this.clock))
  }

  run<T>(work: Promise<T>): Promise<T> {
    return this.scheduler.complete('an answer', LIMIT_MS, work)
  }

  until(what: string, isDone: () => boolean): Promise<void> {
    return this.scheduler.until(what, this.scheduler.time.nowMs + LIMIT_MS, isDone)
  }
}

test('an enrolment whose answer was lost is answered again to the same key, cuts nothing, and no other key may have it', async () => {
  const lab = await Lab.open()
  assert.equal(await lab.enrol('k1'), 'alpha')
  const { events } = lab.agent('k1', undefined)
  await lab.until('the agent is there', () => lab.events.some(({ kind }) => kind === 'up'))
  assert.equal(await lab.enrol('k1'), 'alpha')
  await assert.rejects(lab.enrol('k2'), codeIs('enrolment-refused', 'used'))
  await assert.rejects(lab.enrol('k1', 'another'), codeIs('enrolment-refused'))
  assert.deepEqual([...events, ...lab.events].filter(({ kind }) => kind !== 'up'), [])
  await lab.registry.rename('alpha', 'beta')
  assert.equal(await lab.enrol('k1'), 'beta')
  await lab.registry.revoke('beta')
  await assert.rejects(lab.enrol('k1'), codeIs('enrolment-refused'))
})

test('strangers who say nothing are bounded in all and by address: the oldest goes, and an enrolment still comes through', async () => {
  const lab = await Lab.open()
  const ended = new Map<string, string>()
  const stay = (remote: string): void => {
    const decoder = new FrameDecoder()
    lab.dial('stranger', remote).attach({
      bytes(chunk) {
        for (const frame of decoder.push(chunk)) if (frame.kind === 'goaway') ended.set(remote, goawayCodeOf(frame.code))
      },
      drained() {},
      down() {},
    })
  }
  for (let port = 0; port <= STRANGERS_PER_ADDRESS_MAX; port++) stay(`192.0.2.1:${port}`)
  await lab.until('one is turned away', () => ended.size > 0)
  assert.deepEqual([...ended], [['192.0.2.1:0', 'busy']])
  ended.clear()
  for (let host = 0; host <= STRANGERS_MAX - STRANGERS_PER_ADDRESS_MAX; host++) stay(`[2001:db8::${host}]:1`)
  await lab.until('the oldest is turned away', () => ended.size > 0)
  assert.deepEqual([...ended], [['192.0.2.1:1', 'busy']])
  assert.equal(await lab.enrol('k1'), 'alpha')
  await lab.until('the others are out of time', () => ended.size > STRANGERS_MAX - 2)
  assert.deepEqual(new Set([...ended.values()].slice(2)), new Set(['handshake-timeout']))
  assert.ok(lab.scheduler.time.nowMs < 11_000)
})

for (const [agent, server] of [[versionsOf(1, 2), versionsOf(1, 1)], [versionsOf(1, 1), versionsOf(1, 2)], [versionsOf(2, 3), versionsOf(1, 2)]] as const) {
  test(`an agent of versions ${agent.versionMin} to ${agent.versionMax} works with a server of ${server.versionMin} to ${server.versionMax}`, async () => {
    const lab = await Lab.open({ versions: server })
    await lab.registry.enrol('secret', 'k1', 0)
    lab.agent('k1', agent)
    const connection = await lab.run(lab.endpoint.connect('alpha', new AbortController().signal))
    assert.equal((await lab.run(connection.request('noop', '')[Symbol.asyncIterator]().next())).value.kind, 'rep')
  })
}

for (const [agent, server] of [[versionsOf(1, 1), versionsOf(2, 3)], [versionsOf(4, 5), versionsOf(2, 3)]] as const) {
  test(`an agent of versions ${agent.versionMin} to ${agent.versionMax} and a server of ${server.versionMin} to ${server.versionMax} tell both operators`, async () => {
    const lab = await Lab.open({ versions: server })
    await lab.registry.enrol('secret', 'k1', 0)
    const { events } = lab.agent('k1', agent)
    await lab.until('both are told', () => events.length > 0 && lab.events.length > 0)
    for (const [event] of [events, lab.events]) assert.ok(event?.kind === 'refused' && event.code === 'version-unsupported' && event.text.includes(`the server speaks versions 2 to 3, the agent ${agent.versionMin} to ${agent.versionMax}`), JSON.stringify(event))
    const giveUp = new AbortController()
    const connecting = lab.endpoint.connect('alpha', giveUp.signal)
    giveUp.abort()
    await assert.rejects(connecting, (error) => codeIs('version-unsupported', 'alpha', '2 to 3')(error) && error instanceof Fault && error.next.includes('Update'))
    // A person must act: the agent does not hammer.
    const before = events.length
    await lab.scheduler.until('a minute', lab.scheduler.time.nowMs + LIMIT_MS, () => lab.scheduler.time.nowMs > 50_000)
    assert.equal(events.length, before)
  })
}

test('an enrolment over versions that do not meet says so, and leaves the token good', async () => {
  const lab = await Lab.open({ versions: versionsOf(2, 3) })
  await assert.rejects(lab.enrol('k1'), codeIs('version-unsupported', '2 to 3', '1 to 1'))
  assert.deepEqual(lab.registry.waiting(0), ['alpha'])
})

test('frames that a newer agent may add are skipped, and fields it adds to HELLO are ignored', async () => {
  const lab = await Lab.open()
  await lab.registry.enrol('secret', 'k1', 0)
  const link = lab.dial('k1')
  const id = new Uint8Array(16).fill(3)
  const hello = encodeFrame({ kind: 'hello', versionMin: 1, versionMax: 9, machineId: id, instanceId: id, attempt: 1, session: new Uint8Array(16), epoch: 0, heartbeatMs: 10_000, program: 'later', hostName: 'self', controlReceived: 0, bulkReceived: 0, windows: [], commits: [], bulkSentBytes: 0 })
  const longer = Buffer.concat([hello, Buffer.from('fields of a later version')])
  longer.writeUIntBE(longer.length - 4, 1, 3)
  const kinds: string[] = []
  const decoder = new FrameDecoder()
  link.attach({ bytes: (chunk) => void kinds.push(...decoder.push(chunk).map(({ kind }) => kind)), drained() {}, down: (loss) => void kinds.push(loss) })
  const extra = Buffer.from([0x90, 0, 0, 3, 1, 2, 3])
  const chunks = [longer, extra, encodeFrame({ kind: 'ping', token: 4 }), extra]
  link.send(chunks, chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  await lab.until('the PING is answered', () => kinds.includes('pong'))
  assert.deepEqual(kinds, ['welcome', 'ping', 'pong'])
})

test('a host is renamed only while nothing of it runs', async () => {
  const lab = await Lab.open()
  await lab.registry.enrol('secret', 'k1', 0)
  let answer = (): void => {}
  lab.agent('k1', undefined, (request) => new Promise((resolve) => {
    answer = () => {
      request.rep('done')
      resolve()
    }
  }))
  const { signal } = new AbortController()
  const connection = await lab.run(lab.endpoint.connect('alpha', signal))
  const running = connection.request('sendbackup', '')[Symbol.asyncIterator]().next()
  await lab.until('the request is there', () => lab.endpoint.agents()[0]?.isConnected === true && lab.scheduler.time.nowMs > 100)
  await assert.rejects(lab.endpoint.rename('alpha', 'beta'), codeIs('agent-busy', 'alpha', '1 requests'))
  assert.deepEqual(lab.registry.hosts().map(({ host }) => host), ['alpha'])
  answer()
  assert.equal((await lab.run(running)).value.body, 'done')
  await lab.endpoint.rename('alpha', 'beta')
  assert.equal((await lab.run(lab.endpoint.connect('beta', signal))).peer.host, 'beta')
  await assert.rejects(lab.endpoint.connect('alpha', signal), codeIs('host-unknown'))
})

test('whoever waits for an agent in vain is told how long it has been away, also after the server was started again', async () => {
  const lab = await Lab.open()
  await lab.registry.enrol('secret', 'k1', 0)
  const after = new ServerEndpoint({ clock: lab.clock, random: lab.scheduler.random, log: silentLog, registry: lab.registry, machineId: new Uint8Array(16), program: 'server', buffers: new BufferPool({ poisons: true }), onLinkEvent() {}, lastSeenBefore: () => lab.clock.wallMs() - 7_500_000 })
  const gone = AbortSignal.abort()
  await assert.rejects(lab.endpoint.connect('alpha', gone), codeIs('agent-not-connected', 'never seen'))
  await assert.rejects(after.connect('alpha', gone), codeIs('agent-not-connected', 'away for 2 h 5 min'))
  const { peer } = lab.agent('k1', undefined)
  await lab.run(lab.endpoint.connect('alpha', new AbortController().signal))
  peer.end('shutting-down', 'stopped')
  await lab.until('it is gone', () => lab.endpoint.agents()[0]?.isConnected === false)
  await lab.run(new Promise<void>((resolve) => lab.clock.setTimer(61_000, resolve)))
  await assert.rejects(lab.endpoint.connect('alpha', gone), codeIs('agent-not-connected', 'away for 1 min 1 s'))
})
