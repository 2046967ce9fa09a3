import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemorySegments } from '../../../testkit/memory-segments.ts'
import { readAll } from '../../kernel/byte-stream.ts'
import { FreshDumps } from './fresh-dumps.ts'

interface Opened {
  readonly vault: MemorySegments
  openDump: MemorySegments['openDump']
  [Symbol.asyncDispose](): Promise<void>
}

const BYTES = Buffer.from(Array.from({ length: 150_000 }, (_, index) => (index * index) >> 7))

/** The same dump each time, as a vault has it at that time. */
function opened(closed: { count: number }): Opened {
  let state = 9
  const vault = new MemorySegments({ blockBytes: 4000, segmentBytes: 900, recipeBytes: 700 }, () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647)
  vault.add(BYTES)
  return {
    vault,
    openDump: (manifest) => vault.openDump(manifest),
    [Symbol.asyncDispose]: () => {
      closed.count++
      return Promise.resolve()
    },
  }
}

test('what was moved or is damaged here and not there is read on from the vault as it is now', async () => {
  const closed = { count: 0 }
  const first = opened(closed)
  let opens = 0
  const reopen = (): Promise<Opened> => {
    opens++
    return Promise.resolve(opened(closed))
  }
  {
    await using dumps = new FreshDumps(first, reopen)
    await using reader = await dumps.openDump('m1')
    assert.ok(reader)
    // The beginning can be read, the rest only there.
    for (const block of first.vault.blocks.filter(({ kind }) => kind === 'data').slice(4)) block.isLost = true
    assert.deepEqual(await readAll(reader.read(0, BYTES.length), BYTES.length), BYTES)
    let bytes = 0
    for await (const step of reader.recipe()) bytes += step.kind === 'literal' ? step.bytes.length : step.kind === 'zeros' ? step.count : step.kind === 'segment' ? step.length : 0
    assert.equal(bytes, BYTES.length)
  }
  assert.equal(opens, 1)
  assert.equal(closed.count, 2)
})

test('what is damaged there too is damaged, and a dump that is nowhere is none', async () => {
  const damagedOne = (): Opened => {
    const made = opened({ count: 0 })
    const last = made.vault.blocks.findLast(({ kind }) => kind === 'data')
    if (last !== undefined) last.plain[5] = (last.plain[5] ?? 0) ^ 1
    return made
  }
  await using dumps = new FreshDumps(damagedOne(), () => Promise.resolve(damagedOne()))
  await using reader = await dumps.openDump('m1')
  assert.ok(reader)
  await assert.rejects(readAll(reader.read(0, BYTES.length), BYTES.length), { code: 'vault-damaged' })
  assert.equal(await dumps.openDump('m2'), undefined)
})
