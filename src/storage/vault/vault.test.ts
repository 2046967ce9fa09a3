import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAll } from '../../kernel/byte-stream.ts'
import type { Disk, OpenMode } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import { seededRandom } from '../../kernel/random.ts'
import { dumpBytes, SMALL_MAKER, VaultMaker } from '../../../testkit/vault-maker.ts'
import { createTestVault, type TestVault } from '../../../testkit/test-vault.ts'
import type { Vault } from './contract.ts'
import { openVault } from './open-vault.ts'

const DAY_MS = 86_400_000
const NEVER = new AbortController().signal
const quiet = (): void => {}

let runs = 0
function order(over: Partial<Parameters<Vault['beginDump']>[0]> = {}): Parameters<Vault['beginDump']>[0] {
  const run = String(20_261_127_000_000 + ++runs)
  return { host: 'web', disk: '/', run, level: 0, baseRun: undefined, domain: '', maker: 'archive', compressLevel: 1, startedMs: 1, ...over }
}

async function store(world: TestVault, vault: Vault, bytes: Uint8Array, over = {}): Promise<string> {
  const intake = await vault.beginDump(order(over))
  return (await new VaultMaker(intake, world.threads, SMALL_MAKER).dump(bytes)).manifest
}

async function restore(vault: Vault, manifest: string): Promise<Buffer> {
  const reader = await vault.openDump(manifest)
  assert(reader !== undefined)
  try {
    return Buffer.from(await readAll(reader.read(0, reader.bytes), 1 << 26))
  } finally {
    await reader[Symbol.asyncDispose]()
  }
}

function samples(count: number): readonly Uint8Array[] {
  const random = seededRandom(7)
  const pool = random.bytes(700 * 120)
  return Array.from({ length: count }, () => dumpBytes(random, pool, 700, 40))
}

test('what is stored is restored byte for byte, also by the next process, and shared segments are stored once', async () => {
  const world = await createTestVault(1)
  const dumps = samples(6)
  const names: string[] = []
  {
    await using vault = await world.open()
    for (const bytes of dumps) names.push(await store(world, vault, bytes))
    for (const [index, bytes] of dumps.entries()) assert.deepEqual(await restore(vault, names[index] ?? ''), Buffer.from(bytes))
    const stats = await vault.stats()
    assert.equal(stats.dumps, 6)
    assert(stats.uniqueBytes < stats.nativeBytes)
  }
  await using vault = await world.open()
  assert.deepEqual((await vault.dumps()).map(({ manifest }) => manifest), names.toReversed())
  for (const [index, bytes] of dumps.entries()) assert.deepEqual(await restore(vault, names[index] ?? ''), Buffer.from(bytes))
  assert.deepEqual((await vault.check('data', quiet, NEVER)).problems, [])
})

test('an interrupted dump keeps what it stored whole, and the next sends only the rest', async () => {
  const world = await createTestVault(2)
  const [bytes = new Uint8Array(0)] = samples(1)
  await using vault = await world.open()
  const intake = await vault.beginDump(order())
  const maker = new VaultMaker(intake, world.threads, { ...SMALL_MAKER, packBlocks: 1000 }, () => {
    if (intake.storedBytes > 10_000) throw new Fault('connection-lost', 'the agent went away')
  })
  await assert.rejects(maker.dump(bytes))
  await intake.abandon(new Fault('connection-lost', 'the agent went away'))
  assert.deepEqual(await vault.dumps(), [])
  let sent = 0
  const again = await vault.beginDump(order())
  const { manifest } = await new VaultMaker(again, world.threads, SMALL_MAKER, (block) => void (sent += block.plainBytes)).dump(bytes)
  assert(sent < bytes.length - 9_000, `${sent} bytes were sent again`)
  assert.deepEqual(await restore(vault, manifest), Buffer.from(bytes))
})

test('prune removes what no rule keeps and nothing that is needed', async () => {
  const world = await createTestVault(3)
  const dumps = samples(8)
  await using vault = await world.open()
  const names: string[] = []
  for (const bytes of dumps) names.push(await store(world, vault, bytes))
  await vault.setPinned(names[0] ?? '', true)
  world.advance(3 * DAY_MS)
  const result = await vault.prune(await vault.planPrune({ last: 2 }, world.nowMs()), quiet, NEVER)
  assert.deepEqual((await vault.dumps()).map(({ manifest }) => manifest), [names[7], names[6], names[0]])
  assert(result.bytesAfter < result.bytesBefore)
  assert(result.bytesAfter <= result.liveBytes * 1.5 + 4096, `${result.bytesAfter} bytes for ${result.liveBytes}`)
  for (const index of [0, 6, 7]) assert.deepEqual(await restore(vault, names[index] ?? ''), Buffer.from(dumps[index] ?? []))
  assert.deepEqual((await vault.check('data', quiet, NEVER)).problems, [])
  assert.deepEqual(await vault.findOrphans(), [])
})

test('a base that a running dump builds on is not removed', async () => {
  const world = await createTestVault(4)
  const [first = new Uint8Array(0), second = new Uint8Array(0)] = samples(2)
  await using vault = await world.open()
  const name = await store(world, vault, first)
  await store(world, vault, second, { disk: '/other' })
  const intake = await vault.beginDump(order())
  assert.equal((await intake.welcome()).base?.manifest, name)
  const plan = await vault.planPrune({ last: 1 }, world.nowMs())
  const all = { kept: [], removed: plan.kept.map(({ dump }) => ({ dump, why: 'test' })) }
  const { kept } = await vault.prune(all, quiet, NEVER)
  assert.deepEqual(kept.map(({ why }) => why), ['in use'])
  await intake.abandon(new Fault('cancelled', 'test'))
})

test('a dump is forgotten by name unless it is pinned, read or a base; an unknown name changes nothing', async () => {
  const world = await createTestVault(14)
  const [first = new Uint8Array(0), second = new Uint8Array(0), third = new Uint8Array(0)] = samples(3)
  await using vault = await world.open()
  const full = order()
  const base = (await new VaultMaker(await vault.beginDump(full), world.threads, SMALL_MAKER).dump(first)).manifest
  const above = await store(world, vault, second, { level: 1, baseRun: full.run })
  const other = await store(world, vault, third, { disk: '/other' })
  await assert.rejects(vault.forget([other, '20261127000000-0123456789ab0123456789ab']), { code: 'dump-missing' })
  await vault.setPinned(above, true)
  const reader = await vault.openDump(other)
  const kept = async (...names: string[]): Promise<unknown> => (await vault.forget(names)).kept.map(({ manifest, why }) => [manifest, why])
  assert.deepEqual(await kept(base, above, other), [[above, 'pinned'], [other, 'in use'], [base, 'base of a newer dump']])
  await vault.setPinned(above, false)
  await reader?.[Symbol.asyncDispose]()
  assert.deepEqual(await kept(base), [[base, 'base of a newer dump']])
  assert.deepEqual(await kept(base, above, other), [])
  assert.deepEqual(await vault.dumps(), [])
})

test('a pack that the disk did not give at the start is the disk\'s fault, not the vault\'s, and is known when it gives it', async () => {
  const world = await createTestVault(12)
  const [bytes] = samples(1)
  assert(bytes !== undefined)
  {
    await using vault = await world.open()
    await store(world, vault, bytes)
  }
  let failures = Number.POSITIVE_INFINITY
  const failing = new Proxy(world.parts.disk, {
    get: (disk, name: keyof Disk) => {
      if (name !== 'open') return typeof disk[name] === 'function' ? disk[name].bind(disk) : disk[name]
      return (path: string, ...rest: [OpenMode, number?]) => (path.includes('/packs/') && rest[0] === 'read' && failures-- > 0 ? Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })) : disk.open(path, ...rest))
    },
  })
  await using vault = await openVault({ ...world.parts, disk: failing }, 'write')
  const plan = await vault.planPrune({ last: 1 }, world.nowMs())
  await assert.rejects(vault.prune(plan, quiet, NEVER), { code: 'disk-error' })
  failures = 0
  const { packsRemoved } = await vault.prune(plan, quiet, NEVER)
  assert.equal(packsRemoved, 0)
  assert.deepEqual(await restore(vault, plan.kept[0]?.dump.manifest ?? ''), Buffer.from(bytes))
})
