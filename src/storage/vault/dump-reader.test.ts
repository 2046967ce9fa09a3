import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemorySegments, type MemorySegmentSizes } from '../../../testkit/memory-segments.ts'
import { readAll } from '../../kernel/byte-stream.ts'
import { Fault } from '../../kernel/fault.ts'
import type { VaultDumpReader } from './contract.ts'

const MIB = 1024 * 1024
const SMALL: MemorySegmentSizes = { blockBytes: 4096, segmentBytes: 700, recipeBytes: 600 }

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Bytes with runs of zeros, and parts that come again. */
function bytesOf(length: number, random: () => number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; ) {
    const run = Math.min(length - at, Math.ceil(random() * length / 8))
    const kind = random()
    if (kind > 0.7 && at > run) bytes.copy(bytes, at, at - run, at)
    else if (kind > 0.2) for (let index = at; index < at + run; index++) bytes[index] = random() * 256
    at += run
  }
  return bytes
}

async function open(vault: MemorySegments, manifest: string): Promise<VaultDumpReader> {
  const reader = await vault.openDump(manifest)
  assert.ok(reader)
  return reader
}

test('any range of a dump is given back exactly, in pieces that are never empty', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = randomOf(seed)
    const bytes = bytesOf(1 + Math.floor(random() * 60_000), random)
    const vault = new MemorySegments({ blockBytes: 500 + random() * 5000, segmentBytes: 40 + random() * 2000, recipeBytes: 100 + random() * 1500 }, random)
    const { manifest } = vault.add(bytes)
    await using reader = await open(vault, manifest)
    assert.equal(reader.bytes, bytes.length)
    assert.deepEqual(await readAll(reader.read(0, bytes.length), bytes.length), bytes)
    for (let time = 0; time < 12; time++) {
      const from = Math.floor(random() * bytes.length)
      const length = Math.floor(random() * (bytes.length - from) * 1.2)
      const source = reader.read(from, length)
      const found: Buffer[] = []
      for (let piece = await source.read(); piece !== null; piece = await source.read()) {
        assert.ok(piece.length > 0)
        found.push(Buffer.from(piece))
      }
      assert.deepEqual(Buffer.concat(found), bytes.subarray(from, from + length), `seed ${seed}, ${length} bytes from ${from}`)
    }
  }
})

test('blocks are opened in parallel, each once when the dump is read through, and few of them for a small range', async () => {
  const random = randomOf(5)
  const bytes = Buffer.from(Array.from({ length: 200_000 }, () => random() * 256))
  const vault = new MemorySegments(SMALL, random)
  const { manifest } = vault.add(bytes)
  {
    await using reader = await open(vault, manifest)
    await readAll(reader.read(0, bytes.length), bytes.length)
    assert.equal(vault.opened.length, new Set(vault.opened).size)
    assert.equal(vault.opened.length, vault.blocks.length)
    assert.ok(vault.openMost > 4, `${vault.openMost} at once`)
    assert.ok(reader.bytesRead >= bytes.length)
  }
  assert.equal(vault.closed, 1)
  vault.opened.length = 0
  await using reader = await open(vault, manifest)
  await readAll(reader.read(100_000, 1000), 1000)
  assert.ok(vault.opened.length <= 6, `${vault.opened.length} blocks for 1000 bytes`)
})

test('what is held stays bounded when every segment lies in another block', async () => {
  const random = randomOf(6)
  const vault = new MemorySegments({ blockBytes: 1, segmentBytes: MIB, recipeBytes: 2000 }, random)
  const bytes = Buffer.alloc(96 * MIB)
  for (let at = 0; at < bytes.length; at += 4096) bytes.writeUInt32LE(at, at)
  const { manifest } = vault.add(bytes)
  await using reader = await open(vault, manifest)
  const source = reader.read(0, bytes.length)
  let position = 0
  for (let piece = await source.read(); piece !== null; piece = await source.read()) {
    assert.ok(bytes.subarray(position, position + piece.length).equals(piece))
    position += piece.length
    const openedBytes = vault.opened.reduce((sum, number) => sum + (vault.blocks[number]?.plain.length ?? 0), 0)
    assert.ok(openedBytes - position < 64 * MIB, `${openedBytes - position} bytes ahead`)
  }
  assert.equal(position, bytes.length)
})

test('a damaged block, a missing segment and a recipe of another length end the reading with what is wrong', async () => {
  const damaged = async (harm: (vault: MemorySegments) => void): Promise<unknown> => {
    const random = randomOf(7)
    const bytes = bytesOf(50_000, random)
    const vault = new MemorySegments(SMALL, random)
    const { manifest } = vault.add(bytes)
    harm(vault)
    await using reader = await open(vault, manifest)
    const source = reader.read(0, bytes.length)
    let position = 0
    try {
      for (let piece = await source.read(); piece !== null; piece = await source.read()) {
        assert.ok(bytes.subarray(position, position + piece.length).equals(piece), 'no false byte is given')
        position += piece.length
      }
    } catch (error) {
      return error
    }
    return undefined
  }
  const flip = (kind: 'data' | 'recipe') => (vault: MemorySegments) => {
    const block = vault.blocks.findLast((each) => each.kind === kind)
    if (block !== undefined) block.plain[block.plain.length >> 1] = (block.plain[block.plain.length >> 1] ?? 0) ^ 1
  }
  for (const harm of [flip('data'), flip('recipe'), (vault: MemorySegments) => vault.forget()]) {
    const error = await damaged(harm)
    assert.ok(error instanceof Fault && error.code === 'vault-damaged', String(error))
  }
})

test('what was moved while it was read is found where it is now', async () => {
  const random = randomOf(8)
  const bytes = Buffer.from(Array.from({ length: 100_000 }, () => random() * 256))
  const vault = new MemorySegments(SMALL, random)
  const { manifest } = vault.add(bytes)
  await using reader = await open(vault, manifest)
  const halves = [reader.read(0, 50_000), reader.read(50_000, 50_000)]
  assert.deepEqual(await readAll(halves[0] ?? reader.read(0, 0), bytes.length), bytes.subarray(0, 50_000))
  vault.move()
  assert.deepEqual(await readAll(halves[1] ?? reader.read(0, 0), bytes.length), bytes.subarray(50_000))
})

test('the recipe is given in order, and a cancelled read ends with its reason', async () => {
  const random = randomOf(9)
  const bytes = bytesOf(20_000, random)
  const vault = new MemorySegments(SMALL, random)
  const { manifest } = vault.add(bytes, {}, [0, 2048, 10_240])
  await using reader = await open(vault, manifest)
  let members = 0
  let position = 0
  for await (const step of reader.recipe()) {
    if (step.kind === 'member') members++
    else position += step.kind === 'literal' ? step.bytes.length : step.kind === 'zeros' ? step.count : step.length
  }
  assert.deepEqual([members, position], [3, bytes.length])
  const source = reader.read(0, bytes.length)
  await source.read()
  source.cancel(new Fault('cancelled', 'enough'))
  await assert.rejects(source.read(), /enough/)
})
