// Makers of dumps that lie: about ids, about segments they never had, about packs and domains of others, about sizes. Nothing of it is taken, and nothing breaks.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32c } from '@node-rs/crc32'
import { zstdCompressSync } from 'node:zlib'
import { createCipheriv } from 'node:crypto'
import { Fault } from '../../kernel/fault.ts'
import { seededRandom } from '../../kernel/random.ts'
import { openSegmentHash } from '../../stream/vault/segment-hash.ts'
import { blockAad, blockNonce } from '../../wire/vault/block-seal.ts'
import { NO_DIRECTORY } from '../../wire/vault/recipe-entries.ts'
import { RecipeWriter } from '../../wire/vault/recipe-writer.ts'
import type { RecipeEntry, SealedBlock, VaultUplink } from '../../wire/vault/uplink.ts'
import { createTestVault, type TestVault } from '../../../testkit/test-vault.ts'
import { SMALL_MAKER, VaultMaker } from '../../../testkit/vault-maker.ts'
import type { DumpIntake, Vault } from './contract.ts'
import { openVault } from './open-vault.ts'

const NEVER = new AbortController().signal
const BYTES = seededRandom(5).bytes(9000)
let runs = 0

function begin(vault: Vault, domain = ''): Promise<DumpIntake> {
  return vault.beginDump({ host: 'evil', disk: '/', run: String(20_261_127_100_000 + ++runs), level: 0, baseRun: undefined, domain, maker: 'archive', compressLevel: 1, startedMs: 1 })
}

async function withVault(work: (world: TestVault, vault: Vault) => Promise<void>): Promise<void> {
  const world = await createTestVault(21)
  await using vault = await world.open()
  const intake = await begin(vault)
  await new VaultMaker(intake, world.threads, SMALL_MAKER).dump(BYTES)
  await work(world, vault)
  assert.equal((await vault.dumps()).length, 1, 'nothing of it is listed')
  assert.deepEqual((await vault.check('data', () => {}, NEVER)).problems.filter(({ kind }) => kind !== 'unknown'), [])
}

async function sealed(world: TestVault, intake: VaultUplink, kind: 'data' | 'recipe', plain: Uint8Array, over: Partial<SealedBlock> = {}, number = 0): Promise<SealedBlock> {
  const { idKey, vaultId } = await intake.welcome()
  const grant = await intake.grantPack()
  const ids = (await openSegmentHash(idKey)).id(plain)
  const block = await world.threads.seal({ vaultId, key: grant.key, packId: grant.packId, number, kind, ids, lengths: Uint32Array.of(plain.length), compressLevel: 1 }, plain)
  return { ...block, ...over }
}

/** Sends a recipe of one segment reference, and says how the dump ends. */
async function finishWith(world: TestVault, intake: DumpIntake, id: Uint8Array, length: number): Promise<void> {
  const writer = new RecipeWriter()
  writer.segment(id, 0, length, 1)
  const plain = Uint8Array.from(writer.bytes())
  const block = await sealed(world, intake, 'recipe', plain)
  await intake.sendBlock(block)
  await intake.sealPack(block.packId)
  await intake.sendRecipe([{ id: block.ids, recipeBytes: plain.length, nativeBytes: length, crc: 1, directory: NO_DIRECTORY }])
  await intake.finish({ nativeBytes: length, nativeCrc: 1, members: 0, readBytes: 0, unchangedBytes: 0 })
}

const BAD_BLOCKS: Readonly<Record<string, (block: SealedBlock) => SealedBlock>> = {
  'an id of other bytes': (block) => ({ ...block, ids: new Uint8Array(32).fill(1) }),
  'lengths that do not sum up': (block) => ({ ...block, lengths: Uint32Array.of(1) }),
  'more plain bytes than there are': (block) => ({ ...block, plainBytes: block.plainBytes + 1, lengths: Uint32Array.of(block.plainBytes + 1) }),
  'a size beyond every limit': (block) => ({ ...block, plainBytes: 2 ** 31, lengths: Uint32Array.of(2 ** 31) }),
  'another kind': (block) => ({ ...block, kind: 'recipe' }),
  'another compression': (block) => ({ ...block, compression: block.compression === 'zstd' ? 'none' : 'zstd' }),
  'the number of the trailer': (block) => ({ ...block, number: 0xffff_ffff }),
  'a number that is none': (block) => ({ ...block, number: -1 }),
  'a pack of nobody': (block) => ({ ...block, packId: new Uint8Array(16) }),
  'a flipped bit': (block) => ({ ...block, sealed: Uint8Array.from(block.sealed, (byte, at) => (at === 3 ? byte ^ 1 : byte)) }),
  'no segments': (block) => ({ ...block, ids: new Uint8Array(0), lengths: new Uint32Array(0) }),
  'a list of segments that is too long': (block) => ({ ...block, ids: new Uint8Array(70_000 * 32), lengths: new Uint32Array(70_000) }),
}

for (const [what, change] of Object.entries(BAD_BLOCKS)) {
  test(`a block with ${what} is refused, and ends the dump`, () =>
    withVault(async (world, vault) => {
      const intake = await begin(vault)
      const block = change(await sealed(world, intake, 'data', BYTES.subarray(0, 500)))
      await assert.rejects(intake.sendBlock(block), (error) => error instanceof Fault && ['vault-refused', 'vault-block-false'].includes(error.code))
      await assert.rejects(intake.grantPack(), Fault)
      await intake.abandon(new Fault('vault-refused', 'test'))
    }))
}

test('a block that unpacks to more than it says is refused before it is unpacked', () =>
  withVault(async (_world, vault) => {
    const intake = await begin(vault)
    const { vaultId, idKey } = await intake.welcome()
    const { packId, key } = await intake.grantPack()
    const packed = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))
    const facts = { packId, number: 0, kind: 'data', compression: 'zstd', plainBytes: 1000 } as const
    const cipher = createCipheriv('aes-256-gcm', key, blockNonce(0))
    cipher.setAAD(blockAad(vaultId, facts))
    const bytes = Buffer.concat([cipher.update(packed), cipher.final(), cipher.getAuthTag()])
    const block: SealedBlock = { ...facts, ids: (await openSegmentHash(idKey)).id(new Uint8Array(1000)), lengths: Uint32Array.of(1000), sealed: bytes }
    await assert.rejects(intake.sendBlock(block), { code: 'vault-block-false' })
    await intake.abandon(new Fault('vault-refused', 'test'))
  }))

test('a number of a pack is taken once', () =>
  withVault(async (world, vault) => {
    const intake = await begin(vault)
    const block = await sealed(world, intake, 'data', BYTES.subarray(0, 500))
    await intake.sendBlock(block)
    await assert.rejects(intake.sendBlock(block), { code: 'vault-refused' })
    await intake.abandon(new Fault('vault-refused', 'test'))
  }))

test('a pack of another dump is not written', () =>
  withVault(async (world, vault) => {
    const victim = await begin(vault)
    const block = await sealed(world, victim, 'data', BYTES.subarray(0, 500))
    const intake = await begin(vault)
    await assert.rejects(intake.sendBlock(block), { code: 'vault-refused' })
    await victim.sendBlock(block)
    for (const each of [victim, intake]) await each.abandon(new Fault('cancelled', 'test'))
  }))

test('a recipe may not name what the vault never had, nor what only another domain has, nor another length', () =>
  withVault(async (world, vault) => {
    const stored = BYTES.subarray(0, 700)
    const id = (await openSegmentHash(world.keys.idKey(''))).id(stored)
    const cases: readonly (readonly [string, Uint8Array, number])[] = [['', new Uint8Array(32).fill(9), 700], ['web', id, 700], ['', id, 699]]
    for (const [domain, named, length] of cases) {
      const intake = await begin(vault, domain)
      await assert.rejects(finishWith(world, intake, named, length), { code: 'vault-refused' })
      await intake.abandon(new Fault('vault-refused', 'test'))
    }
  }))

test('what another domain has is not known', () =>
  withVault(async (world, vault) => {
    const id = (await openSegmentHash(world.keys.idKey(''))).id(BYTES.subarray(0, 700))
    const own = await begin(vault)
    assert.deepEqual(await own.known(id), Uint8Array.of(1))
    const intake = await begin(vault, 'web')
    assert.deepEqual(await intake.known(id), Uint8Array.of(0))
    for (const each of [own, intake]) await each.abandon(new Fault('cancelled', 'test'))
  }))

test('a recipe that is none, facts that are not its own, and entries of nobody are refused', () =>
  withVault(async (world, vault) => {
    const garbage = await begin(vault)
    await assert.rejects(garbage.sendBlock(await sealed(world, garbage, 'recipe', Uint8Array.of(99, 1, 2))), { code: 'vault-refused' })
    const entry: RecipeEntry = { id: new Uint8Array(32).fill(7), recipeBytes: 10, nativeBytes: 10, crc: 1, directory: NO_DIRECTORY }
    const nobody = await begin(vault)
    await nobody.sendRecipe([entry])
    await assert.rejects(nobody.finish({ nativeBytes: 10, nativeCrc: 1, members: 0, readBytes: 0, unchangedBytes: 0 }), { code: 'vault-refused' })
    const liar = await begin(vault)
    await assert.rejects(liar.finish({ nativeBytes: 5, nativeCrc: crc32c(Buffer.alloc(5)), members: 0, readBytes: 0, unchangedBytes: 0 }), { code: 'vault-refused' })
    const members = await begin(vault)
    await assert.rejects(members.finish({ nativeBytes: 0, nativeCrc: 0, members: -1, readBytes: 0, unchangedBytes: 0 }), { code: 'vault-refused' })
    for (const each of [garbage, nobody, liar, members]) await each.abandon(new Fault('cancelled', 'test'))
  }))

test('questions and packs are bounded', () =>
  withVault(async (_world, vault) => {
    const asking = await begin(vault)
    await assert.rejects(asking.known(new Uint8Array(8193 * 32)), { code: 'vault-refused' })
    const odd = await begin(vault)
    await assert.rejects(odd.known(new Uint8Array(33)), { code: 'vault-refused' })
    const greedy = await begin(vault)
    await assert.rejects((async () => {
      for (let count = 0; count < 100; count++) await greedy.grantPack()
    })(), { code: 'vault-refused' })
    for (const each of [asking, odd, greedy]) await each.abandon(new Fault('cancelled', 'test'))
  }))

test('one recipe segment that is named in very many directories is judged in turns, and who gave up meanwhile has given up', async () => {
  const world = await createTestVault(22)
  let turns = 0
  let onTurn = (): void => {}
  const { clock } = world.parts
  const counting = {
    ...clock,
    afterPoll: (action: () => void) => {
      turns++
      onTurn()
      clock.afterPoll(action)
    },
  }
  await using vault = await openVault({ ...world.parts, clock: counting }, 'write')
  const writer = new RecipeWriter()
  const content = seededRandom(6).bytes(60_000)
  writer.literal(content)
  const plain = Uint8Array.from(writer.bytes())
  const crc = crc32c(content)
  const named = (id: Uint8Array, last: number): RecipeEntry[] => Array.from({ length: 64 }, (_, index) => ({ id, recipeBytes: plain.length, nativeBytes: content.length, crc: index === 63 ? last : crc, directory: Buffer.from(`d${index}`) }))
  for (const [last, code] of [[crc, undefined], [crc + 1, 'vault-refused']] as const) {
    turns = 0
    const intake = await begin(vault)
    const block = await sealed(world, intake, 'recipe', plain)
    await intake.sendRecipe(named(block.ids, last))
    if (code === undefined) await intake.sendBlock(block)
    else await assert.rejects(intake.sendBlock(block), { code })
    assert.equal(turns, Math.floor(64 / Math.ceil((1024 * 1024) / plain.length)))
    await intake.abandon(new Fault('cancelled', 'test'))
  }
  const intake = await begin(vault)
  const block = await sealed(world, intake, 'recipe', plain)
  await intake.sendRecipe(named(block.ids, crc))
  const reason = new Fault('connection-lost', 'it went away')
  onTurn = () => void intake.abandon(reason)
  await assert.rejects(intake.sendBlock(block), { code: 'connection-lost' })
})
