import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskImage } from '../../sim/disk-image.ts'
import { CHANGING, instantDisk, SimDisk } from '../../sim/disk.ts'
import { Life, Scheduler } from '../../sim/scheduler.ts'
import { BufferPool } from '../kernel/buffer-pool.ts'
import { silentLog } from '../kernel/log.ts'
import { startAgentEndpoint } from '../transport/tether/agent-endpoint.ts'
import { AgentRegistry } from '../transport/tether/agent-registry.ts'
import { fingerprintOfKey, type Identity } from '../transport/tether/identity.ts'
import type { RawLink } from '../transport/tether/link.ts'
import { createMemoryLinkPair } from '../transport/tether/memory-link.ts'
import type { LinkEvent, TetherPeer } from '../transport/tether/peer.ts'
import { ServerEndpoint } from '../transport/tether/server-endpoint.ts'
import { AgentKeys } from './agent-keys.ts'
import { enrollingIdentity, loadAgentState, requestRenewal, saveAgentState } from './agent-state.ts'

const STATE = '/state'
const LIMIT_MS = 600_000

function identityOf(number: number): Identity {
  const publicKey = new Uint8Array(32).fill(number)
  return { keyPem: `key ${number}`, certificatePem: '', publicKey, fingerprint: fingerprintOfKey(publicKey) }
}

/** A server that knows the host `alpha` by key 1, and the host's disk. */
async function createWorld(): Promise<{ scheduler: Scheduler; disk: SimDisk; registry: AgentRegistry; endpoint: ServerEndpoint; events: LinkEvent[]; boot: () => Promise<{ life: Life; peer: TetherPeer; links: RawLink[] }> }> {
  const scheduler = new Scheduler(1)
  const disk = new SimDisk(scheduler)
  disk.isInstant = true
  const { clock } = new Life(scheduler, 'server')
  const setUp = disk.mount(new Life(scheduler, 'set-up'))
  const registry = await AgentRegistry.open(instantDisk(new DiskImage()), '/agents.json')
  await registry.addToken('alpha', 'secret', Number.MAX_SAFE_INTEGER, 0)
  await registry.enrol('secret', identityOf(1).fingerprint, 0)
  await saveAgentState(setUp, STATE, { identity: identityOf(1), enrolment: { hostName: 'alpha', addresses: [], serverFingerprint: '', machineId: '07'.repeat(16) } })
  await setUp.syncDir('/')
  const events: LinkEvent[] = []
  const endpoint = new ServerEndpoint({ clock, random: scheduler.random, log: silentLog, registry, machineId: new Uint8Array(16), program: 'server', buffers: new BufferPool({ poisons: true }), onLinkEvent: (event) => void events.push(event) })
  let made = 1
  return {
    scheduler, disk, registry, endpoint, events,
    async boot() {
      const life = new Life(scheduler, 'agent')
      const mounted = disk.mount(life)
      disk.isInstant = true
      const state = await loadAgentState(mounted, STATE)
      disk.isInstant = false
      assert.ok(state)
      const keys = new AgentKeys({ clock: life.clock, disk: mounted, log: silentLog, stateDir: STATE, makeIdentity: () => Promise.resolve(identityOf(++made)) }, state)
      const links: RawLink[] = []
      const peer = startAgentEndpoint({
        clock: life.clock, random: scheduler.random, log: silentLog, handler: (request) => Promise.resolve(request.rep('')), hostName: 'self', machineId: new Uint8Array(16).fill(7), program: 'agent', buffers: new BufferPool({ poisons: true }),
        dialer: {
          dial() {
            const [near, far] = createMemoryLinkPair(clock)
            links.push(far)
            endpoint.accept(far, keys.dialIdentity().fingerprint, '192.0.2.1:9')
            return Promise.resolve(near)
          },
        },
        onKeyAccepted: (spki) => keys.accept(spki),
        onRenewalAsked: () => keys.ask(),
        onLinkEvent: (event) => keys.noteLinkEvent(event),
      })
      keys.attach(peer)
      void keys.watch(new AbortController().signal)
      return { life, peer, links }
    },
  }
}

const activeKeys = (registry: AgentRegistry): string[] => registry.hosts().flatMap(({ keys }) => keys.filter(({ state }) => state !== 'revoked').map(({ fingerprint }) => fingerprint))

for (const isPowerCut of [false, true]) {
  test(`a renewal that the server asks for survives ${isPowerCut ? 'a power cut' : 'a kill'} before every change of the disk`, async () => {
    let kills = 0
    for (let at = 0; ; at++) {
      const world = await createWorld()
      const { scheduler, disk, registry, endpoint } = world
      const agent = await world.boot()
      await scheduler.until('the agent is there', LIMIT_MS, () => world.events.some(({ kind }) => kind === 'up'))
      let changes = 0
      let isKilled = false
      disk.hook = (op, life) => {
        if (isKilled || life !== agent.life || !CHANGING.has(op.kind) || changes++ < at) return undefined
        isKilled = true
        life.end(isPowerCut)
        for (const link of agent.links) link.close()
        return undefined
      }
      await endpoint.renew('alpha')
      const isOver = (): boolean => activeKeys(registry).length === 1 && activeKeys(registry)[0] !== identityOf(1).fingerprint && !registry.isRenewalAsked('alpha')
      await scheduler.until('the key is renewed or the agent killed', LIMIT_MS, () => isKilled || isOver())
      if (isKilled) {
        kills += 1
        if (isPowerCut) disk.powerCut('none')
        await world.boot()
        await scheduler.until(`the key is renewed after a kill before change ${at}`, scheduler.time.nowMs + LIMIT_MS, () => isOver())
      }
      disk.isInstant = true
      const state = await loadAgentState(disk.mount(new Life(scheduler, 'look')), STATE)
      assert.deepEqual([state?.identity.fingerprint, state?.next], [activeKeys(registry)[0], undefined])
      if (!isKilled) break
    }
    assert.ok(kills >= 5, `${kills} kills`)
  })
}

test('a renewal resumes the session on the new key and cuts nothing; one that was asked for on the host is done by the agent that runs', async () => {
  const { scheduler, disk, registry, endpoint, events, boot } = await createWorld()
  await boot()
  const isRenewed = (count: number): boolean => activeKeys(registry).length === 1 && activeKeys(registry)[0] === identityOf(count).fingerprint
  await scheduler.until('the agent is there', LIMIT_MS, () => events.some(({ kind }) => kind === 'up'))
  const connection = await endpoint.connect('alpha', new AbortController().signal)
  await endpoint.renew('alpha')
  await scheduler.until('the server asked', LIMIT_MS, () => isRenewed(2))
  await scheduler.complete('the request', LIMIT_MS, requestRenewal(disk.mount(new Life(scheduler, 'person')), STATE))
  await scheduler.until('the host asked', LIMIT_MS, () => isRenewed(3))
  const answer = connection.request('noop', '')[Symbol.asyncIterator]().next()
  assert.deepEqual((await scheduler.complete('an answer', LIMIT_MS, answer)).value, { kind: 'rep', body: '' })
  assert.deepEqual(events.filter((event) => event.kind === 'reset'), [])
  assert.ok(events.filter((event) => event.kind === 'up').slice(1).every((event) => event.isResumed))
  disk.isInstant = true
  assert.equal(await disk.mount(new Life(scheduler, 'look')).stat(`${STATE}/renew-key`), undefined)
})

test('a host that is asked while it is away renews when it comes', async () => {
  const { scheduler, registry, endpoint, boot } = await createWorld()
  await endpoint.renew('alpha')
  assert.ok(registry.isRenewalAsked('alpha'))
  await boot()
  await scheduler.until('the key is renewed', LIMIT_MS, () => activeKeys(registry)[0] === identityOf(2).fingerprint)
  assert.ok(!registry.isRenewalAsked('alpha'))
})

test('an enrolment that was cut short goes on with its key, and with another once it is over', async () => {
  const disk = instantDisk(new DiskImage())
  const first = await enrollingIdentity(disk, STATE, () => Promise.resolve(identityOf(1)))
  assert.equal((await enrollingIdentity(disk, STATE, () => Promise.resolve(identityOf(2)))).fingerprint, first.fingerprint)
  await saveAgentState(disk, STATE, { identity: first, enrolment: { hostName: 'alpha', addresses: [], serverFingerprint: '', machineId: '' } })
  assert.equal((await enrollingIdentity(disk, STATE, () => Promise.resolve(identityOf(3)))).fingerprint, identityOf(3).fingerprint)
})
