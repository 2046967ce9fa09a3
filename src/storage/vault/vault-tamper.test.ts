// Somebody with access to the directory changes what is there. Each change is named by the opening, the check or the restore, and what is restored is right or refused.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAll } from '../../kernel/byte-stream.ts'
import { Fault } from '../../kernel/fault.ts'
import { seededRandom } from '../../kernel/random.ts'
import { createTestVault, type TestVault } from '../../../testkit/test-vault.ts'
import { SMALL_MAKER, VaultMaker } from '../../../testkit/vault-maker.ts'
import type { VaultProblem } from './contract.ts'

const NEVER = new AbortController().signal
const quiet = (): void => {}
const BYTES = seededRandom(9).bytes(20_000)

/** A vault with two dumps of two domains, a mark, index segments and a ledger of some entries. */
async function filled(seed: number): Promise<{ readonly world: TestVault; readonly dumps: ReadonlyMap<string, Uint8Array> }> {
  const world = await createTestVault(seed, { freshRowsMax: 24, checkpointBytesMin: 1 << 20, blockBytes: 3000 })
  const dumps = new Map<string, Uint8Array>()
  await using vault = await world.open()
  for (const [index, domain] of ['', 'web'].entries()) {
    const bytes = BYTES.subarray(index * 5000, index * 5000 + 15_000)
    const intake = await vault.beginDump({ host: `h${index}`, disk: '/', run: `2026112700000${index}`, level: 0, baseRun: undefined, domain, maker: 'archive', compressLevel: 1, startedMs: 1 })
    dumps.set((await new VaultMaker(intake, world.threads, SMALL_MAKER).dump(bytes)).manifest, bytes)
  }
  await vault.setPinned([...dumps.keys()][0] ?? '', true)
  return { world, dumps }
}

/** What is said of the vault: by opening it, else by the check. Every dump is restored right or not at all. */
async function judge({ world, dumps }: Awaited<ReturnType<typeof filled>>): Promise<readonly Pick<VaultProblem, 'object' | 'kind' | 'message'>[]> {
  let vault: Awaited<ReturnType<TestVault['open']>>
  try {
    vault = await world.open('read')
  } catch (error) {
    assert(error instanceof Fault && (error.code === 'vault-damaged' || error.code === 'vault-rolled-back'), String(error))
    return [{ object: String(error.context['object']), kind: error.code === 'vault-damaged' ? 'damaged' : 'rolled-back', message: error.message }]
  }
  try {
    for (const [manifest, bytes] of dumps) {
      try {
        const reader = await vault.openDump(manifest)
        if (reader === undefined) continue
        const restored = await readAll(reader.read(0, reader.bytes), 1 << 20)
        await reader[Symbol.asyncDispose]()
        assert.deepEqual(Buffer.from(restored), Buffer.from(bytes))
      } catch (error) {
        assert(error instanceof Fault && error.code !== 'internal', String(error))
      }
    }
    return (await vault.check('data', quiet, NEVER)).problems
  } finally {
    await vault[Symbol.asyncDispose]()
  }
}

function pathsOf(world: TestVault, pattern: RegExp): readonly string[] {
  return [...world.image.files().keys()].filter((path) => pattern.test(path)).toSorted()
}

const OBJECTS: Readonly<Record<string, RegExp>> = { pack: /\/packs\//, index: /\/index\//, manifest: /\/manifests\//, ledger: /\/ledger\//, mark: /\/marks\// }

for (const [kind, pattern] of Object.entries(OBJECTS)) {
  test(`a flipped bit anywhere in a ${kind} is noticed, and the ${kind} is named`, async () => {
    const random = seededRandom(3)
    const made = await filled(11)
    for (const path of pathsOf(made.world, pattern).slice(0, 2)) {
      const inode = made.world.image.find(path)
      assert(inode !== undefined)
      // The head, the tail and some places between.
      const places = [0, 9, 30, 71, inode.cache.length - 1, inode.cache.length - 9, inode.cache.length - 22, ...Array.from({ length: 3 }, () => random.int(inode.cache.length))]
      for (const at of places.filter((place) => place >= 0 && place < inode.cache.length)) {
        const before = inode.cache.bytes[at] ?? 0
        inode.cache.bytes[at] = before ^ (1 << random.int(8))
        const problems = await judge(made)
        inode.cache.bytes[at] = before
        assert(problems.some(({ object }) => path.endsWith(object)), `byte ${at} of ${path}: ${JSON.stringify(problems)}`)
      }
    }
    assert.deepEqual(await judge(made), [])
  })

  test(`a ${kind} that is cut short or missing is named`, async () => {
    for (const change of ['cut', 'missing'] as const) {
      const made = await filled(12)
      const { disk } = made.world.parts
      const path = pathsOf(made.world, pattern)[0] ?? ''
      const bytes = (await disk.stat(path))?.bytes ?? 0
      if (change === 'missing') await disk.remove(path)
      else await (await disk.open(path, 'update')).truncate(Math.floor(bytes / 2))
      const problems = await judge(made)
      assert(problems.some(({ object }) => path.endsWith(object)), `${change} ${path}: ${JSON.stringify(problems)}`)
    }
  })
}

test('two objects that have changed places are noticed', async () => {
  for (const pattern of Object.values(OBJECTS)) {
    const made = await filled(13)
    const { disk } = made.world.parts
    const [first, second] = pathsOf(made.world, pattern)
    if (first === undefined || second === undefined) continue
    await disk.rename(first, `${first}.aside`)
    await disk.rename(second, first)
    await disk.rename(`${first}.aside`, second)
    const problems = await judge(made)
    assert(problems.some(({ object }) => first.endsWith(object) || second.endsWith(object)), `${first}: ${JSON.stringify(problems)}`)
  }
})

test('a ledger that lost its end is called rolled back', async () => {
  const made = await filled(14)
  const entries = pathsOf(made.world, /\/ledger\//)
  // The second dump is no longer listed, but its manifest is there and was written behind later entries.
  for (const path of entries.slice(2)) await made.world.parts.disk.remove(path)
  const problems = await judge(made)
  assert.equal(problems[0]?.kind, 'rolled-back', JSON.stringify(problems))
})

test('an older mark that is put back is noticed', async () => {
  const made = await filled(15)
  const { disk } = made.world.parts
  const [path = ''] = pathsOf(made.world, /\/marks\//)
  const old = Buffer.from(made.world.image.find(path)?.cache.bytes.subarray(0, made.world.image.find(path)?.cache.length) ?? [])
  {
    await using vault = await made.world.open()
    await vault.setPinned([...made.dumps.keys()][0] ?? '', false)
  }
  await using file = await disk.open(path, 'create-new')
  await file.write([old], 0)
  const problems = await judge(made)
  assert(problems.some(({ object, kind }) => path.endsWith(object) && kind === 'unknown'), JSON.stringify(problems))
  await using vault = await made.world.open()
  assert.equal((await vault.dumps()).some(({ isPinned }) => isPinned), false)
})

test('a vault that was put back to an older state as a whole is refused by who has a witness', async () => {
  const world = await createTestVault(16)
  let seen: { seq: number; sha256: string } | undefined
  const parts = { ...world.parts, witness: { read: () => Promise.resolve(seen), write: (head: { seq: number; sha256: string }) => Promise.resolve(void (seen = head)) } }
  const { openVault } = await import('./open-vault.ts')
  const dump = async (run: string): Promise<void> => {
    await using vault = await openVault(parts, 'write')
    const intake = await vault.beginDump({ host: 'h', disk: '/', run, level: 0, baseRun: undefined, domain: '', maker: 'archive', compressLevel: 1, startedMs: 1 })
    await new VaultMaker(intake, world.threads, SMALL_MAKER).dump(BYTES)
  }
  await dump('20261127000000')
  const older = new Map([...world.image.files()].map(([path, inode]) => [path, Buffer.from(inode.cache.bytes.subarray(0, inode.cache.length))]))
  await dump('20261127000001')
  const { disk } = world.parts
  for (const path of world.image.files().keys()) await disk.remove(path)
  for (const [path, bytes] of older) {
    await using file = await disk.open(path, 'create-new')
    await file.write([bytes], 0)
  }
  await assert.rejects(openVault(parts, 'write'), { code: 'vault-rolled-back' })
})

for (const change of ['damaged', 'missing'] as const) {
  test(`a dump whose manifest is ${change} keeps garbage from being collected until it is forgotten`, async () => {
    const { world, dumps } = await filled(15)
    const [good = '', lost = ''] = [...dumps.keys()]
    const { disk } = world.parts
    if (change === 'missing') await disk.remove(`/vault/manifests/${lost}`)
    else await (await disk.open(`/vault/manifests/${lost}`, 'update')).truncate(100)
    await using vault = await world.open()
    assert.deepEqual((await vault.dumps()).map(({ manifest }) => manifest), [good])
    const plan = await vault.planPrune({ last: 9 }, world.nowMs())
    await assert.rejects(vault.prune(plan, quiet, NEVER, true), { code: 'vault-damaged' })
    assert.deepEqual(await vault.forget([lost]), { forgotten: [lost], kept: [] })
    const { packsRemoved } = await vault.prune(plan, quiet, NEVER, true)
    assert(packsRemoved > 0)
    assert.deepEqual((await vault.check('data', quiet, NEVER)).problems, [])
    assert.deepEqual(await vault.findOrphans(), [])
    const reader = await vault.openDump(good)
    assert(reader !== undefined)
    assert.deepEqual(Buffer.from(await readAll(reader.read(0, reader.bytes), 1 << 20)), Buffer.from(dumps.get(good) ?? []))
    await reader[Symbol.asyncDispose]()
  })
}
