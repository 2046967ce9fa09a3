import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { faultOf } from '../../kernel/fault.ts'
import { seededRandom } from '../../kernel/random.ts'
import { BLOCK_PLAIN_BYTES, ID_BYTES } from '../../wire/vault/limits.ts'
import type { SealedBlock } from '../../wire/vault/uplink.ts'
import { BlockBuilder } from './block-builder.ts'
import { BlockOpener } from './block-opener.ts'
import { BlockSealer } from './block-seal.ts'
import { startBlockThreads } from './block-threads.ts'
import { localBlockThreads } from './block-work.ts'
import type { BlockThreads } from './contract.ts'
import { openSegmentHash } from './segment-hash.ts'

const random = seededRandom(7)
const vaultId = random.bytes(16)
const key = random.bytes(32)
const packId = random.bytes(16)
const idKey = random.bytes(32)
const hash = await openSegmentHash(idKey)

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'none'
  } catch (error) {
    return faultOf(error).code
  }
}

function rejectionOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => faultOf(error).code,
  )
}

function build(segments: readonly Uint8Array[], target?: Uint8Array): SealedBlock {
  const sealer = new BlockSealer(1)
  const builder = new BlockBuilder(vaultId, 'data', sealer)
  for (const segment of segments) builder.add(hash.id(segment), 0, segment)
  const block = builder.seal({ packId, key }, 5, target)
  sealer.close()
  return block
}

const text = (bytes: number): Uint8Array => Buffer.alloc(bytes, 'what is said again and again ')

test('both packages give the same ids, known from the definition of BLAKE3', async () => {
  // Key and digest of the published test vectors: one byte, 0.
  const vectorKey = Buffer.from('whats the Elvish word for friend')
  const kinds = [await openSegmentHash(vectorKey), await openSegmentHash(vectorKey, 'portable')]
  for (const each of kinds) assert.equal(Buffer.from(each.id(new Uint8Array([0]))).toString('hex'), '6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b')
  for (const bytes of [0, 1, 63, 64, 65, 1023, 1024, 1025, 100_000]) {
    const segment = random.bytes(bytes)
    assert.deepEqual(kinds[0]?.id(segment), kinds[1]?.id(segment))
  }
})

test('what is sealed is opened, compressed or not, in shared memory or not', () => {
  const opener = new BlockOpener()
  const shared = new Uint8Array(new SharedArrayBuffer(2 * BLOCK_PLAIN_BYTES))
  for (const segments of [[text(5)], [text(100_000), text(1), random.bytes(3000)], [random.bytes(200_000)], [random.bytes(10)]]) {
    for (const target of [undefined, shared]) {
      const block = build(segments, target)
      assert.deepEqual(Buffer.from(opener.check({ vaultId, key, block }, hash)), Buffer.concat(segments))
      assert.deepEqual(Buffer.from(opener.openFresh({ vaultId, key, block })), Buffer.concat(segments))
    }
  }
  assert.equal(build([random.bytes(50_000)]).compression, 'none')
  assert.equal(build([text(50_000)]).compression, 'zstd')
  opener.close()
})

test('a block is full with a mebibyte, and what was added before is not lost when it grows', () => {
  const sealer = new BlockSealer(3)
  const builder = new BlockBuilder(vaultId, 'data', sealer)
  const whole = createHash('sha256')
  while (!builder.isFull) {
    const segment = random.bytes(1 + random.int(builder.count === 30 ? 4_000_000 : 3000))
    whole.update(segment)
    builder.add(hash.id(segment), 0, segment)
  }
  assert.ok(builder.bytes >= BLOCK_PLAIN_BYTES && builder.count > 30)
  const opener = new BlockOpener()
  assert.equal(createHash('sha256').update(opener.check({ vaultId, key, block: builder.seal({ packId, key }, 1) }, hash)).digest('hex'), whole.digest('hex'))
  assert.deepEqual([builder.bytes, builder.count], [0, 0])
  opener.close()
  sealer.close()
})

test('no lie about a block is believed', () => {
  const opener = new BlockOpener()
  const block = build([text(3000), random.bytes(2000), text(100)])
  const lies: SealedBlock[] = [
    { ...block, number: 6 },
    { ...block, number: -1 },
    { ...block, number: 2 ** 32 },
    { ...block, kind: 'recipe' },
    { ...block, compression: 'none' },
    { ...block, plainBytes: block.plainBytes + 1 },
    { ...block, plainBytes: 2 ** 40 },
    { ...block, packId: random.bytes(16) },
    { ...block, sealed: block.sealed.subarray(1) },
    { ...block, sealed: new Uint8Array(3) },
    { ...block, ids: block.ids.subarray(ID_BYTES) },
    { ...block, ids: Uint8Array.from(block.ids, (byte, at) => (at === 40 ? byte ^ 1 : byte)) },
    { ...block, lengths: Uint32Array.of(3000, 1999, 101) },
    { ...block, lengths: Uint32Array.of(3000, 2000, 101) },
    { ...block, lengths: Uint32Array.of(5100, 0, 0) },
  ]
  for (const lie of lies) assert.equal(codeOf(() => opener.check({ vaultId, key, block: lie }, hash)), 'vault-block-false')
  fc.assert(
    fc.property(fc.nat(block.sealed.length - 1), fc.nat(7), (at, bit) => {
      const sealed = Uint8Array.from(block.sealed)
      sealed[at] = (sealed[at] ?? 0) ^ (1 << bit)
      assert.equal(codeOf(() => opener.open({ vaultId, key, block: { ...block, sealed } })), 'vault-damaged')
    }),
  )
  assert.equal(codeOf(() => opener.check({ vaultId, key, block }, hash)), 'none')
  opener.close()
})

async function passes(threads: BlockThreads): Promise<void> {
  const segments = [text(70_000), random.bytes(9000), text(12)]
  const plain = Buffer.concat(segments)
  const ids = Buffer.concat(segments.map((segment) => hash.id(segment)))
  const lengths = Uint32Array.from(segments, (segment) => segment.length)
  const facts = { vaultId, key, packId, ids, lengths, compressLevel: 1 }
  const blocks = await Promise.all(Array.from({ length: 12 }, (_, number) => threads.seal({ ...facts, number, kind: number % 2 === 0 ? 'data' : 'recipe' }, plain)))
  const results = await Promise.all(blocks.map((block) => threads.check({ vaultId, key, block }, idKey)))
  for (const [number, result] of results.entries()) assert.deepEqual(result === undefined ? undefined : Buffer.from(result), number % 2 === 0 ? undefined : plain)
  const block = blocks[3]
  assert.ok(block !== undefined)
  const empty = { ...block, ids: new Uint8Array(0), lengths: new Uint32Array(0) }
  const wanted = { idKey, ids: ids.subarray(ID_BYTES), starts: Uint32Array.of(70_000, 79_000), lengths: Uint32Array.of(9000, 12) }
  assert.deepEqual(Buffer.from(await threads.open({ vaultId, key, block: empty }, wanted)), plain)
  assert.ok(block.sealed.length > 0, 'the bytes of a call are lent, not taken')
  assert.equal(await rejectionOf(threads.open({ vaultId, key, block: empty }, { ...wanted, starts: Uint32Array.of(70_000, 79_001) })), 'vault-damaged')
  assert.equal(await rejectionOf(threads.open({ vaultId, key, block: empty }, { ...wanted, starts: Uint32Array.of(69_999, 79_000) })), 'vault-damaged')
  assert.equal(await rejectionOf(threads.open({ vaultId, key: packId, block })), 'internal')
  assert.equal(await rejectionOf(threads.check({ vaultId, key, block: { ...block, number: 4 } }, idKey)), 'vault-block-false')
  assert.deepEqual(Buffer.from(await threads.open({ vaultId, key, block })), plain)
}

test('threads and the calling thread do the same', async () => {
  await using threads = startBlockThreads(2)
  await passes(threads)
  await using local = localBlockThreads()
  await passes(local)
})

test('threads that end reject what waits, and finish what they have begun', async () => {
  const threads = startBlockThreads(1)
  const plain = text(1000)
  const facts = { vaultId, key, packId, number: 1, kind: 'data', ids: hash.id(plain), lengths: Uint32Array.of(1000), compressLevel: 1 } as const
  const calls = Array.from({ length: 5 }, () => rejectionOf(threads.seal(facts, plain)))
  await threads[Symbol.asyncDispose]()
  assert.deepEqual(await Promise.all(calls), ['none', 'none', 'cancelled', 'cancelled', 'cancelled'])
  assert.equal(await rejectionOf(threads.seal(facts, plain)), 'cancelled')
})
