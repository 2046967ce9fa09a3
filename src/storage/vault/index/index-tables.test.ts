import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../../../kernel/fault.ts'
import { seededRandom } from '../../../kernel/random.ts'
import { chooseMerge } from './index-merge.ts'
import { bucketBitsFor, decodeRankedPrints, RankedPrintsBuilder } from './ranked-prints.ts'
import { RowTable } from './row-table.ts'
import { sortedOrder } from './sort-ids.ts'

const BLOCK = { number: 1, offset: 72, sealedBytes: 100, kind: 'data', compression: 'none', plainBytes: 84 } as const

function idsOf(seed: number, count: number): Buffer {
  return Buffer.from(seededRandom(seed).bytes(count * 32))
}

test('ids are sorted, also those that begin alike', () => {
  const ids = idsOf(1, 3000)
  for (let index = 0; index < 1000; index++) ids.fill(7, index * 32, index * 32 + (index % 9))
  const order = sortedOrder(ids, 3000, 32, 32)
  assert.deepEqual([...order].toSorted((a, b) => a - b), Array.from({ length: 3000 }, (_none, index) => index))
  for (let index = 1; index < order.length; index++) {
    const [a = 0, b = 0] = [order[index - 1], order[index]]
    assert(ids.compare(ids, b * 32, b * 32 + 32, a * 32, a * 32 + 32) <= 0)
  }
})

test('a table finds each row of an id whose pack is accepted, and grows', () => {
  const ids = idsOf(2, 5000)
  const table = new RowTable(1000)
  for (let index = 0; index < 5000; index++) for (const pack of [1, 2]) table.add(ids, index * 32, pack, BLOCK, 0, index)
  for (let index = 0; index < 5000; index += 7) {
    assert.equal(table.packAt(table.find(ids, index * 32, (pack) => pack === 2) / 60), 2)
    assert.equal(table.find(ids, index * 32, () => false), -1)
  }
  assert.equal(table.find(new Uint8Array(32), 0, () => true), -1)
  assert(table.isFull)
})

test('fingerprints name the row of every id, and hardly ever one that is not there', () => {
  for (const count of [1, 15, 20_000]) {
    const ids = idsOf(3, count)
    const order = sortedOrder(ids, count, 32, 32)
    const builder = new RankedPrintsBuilder(count + 10)
    for (const row of order) builder.add(ids, row * 32)
    const made = builder.finish()
    const prints = decodeRankedPrints(made.rows, made.bits, Buffer.concat(made.encode()))
    for (const [rank, row] of order.entries()) {
      const found: number[] = []
      prints.candidates(ids, row * 32, (candidate) => {
        found.push(candidate)
        return false
      })
      assert(found.includes(rank))
    }
    let wrong = 0
    const others = idsOf(4, 20_000)
    for (let index = 0; index < 20_000; index++) prints.candidates(others, index * 32, () => ((wrong += 1), true))
    assert(wrong < 40, `${wrong} of 20000`)
    assert(count < 1000 || prints.residentBytes < count * 2.6)
  }
})

test('fingerprints that do not fit are refused', () => {
  const bits = bucketBitsFor(100)
  assert.throws(() => decodeRankedPrints(100, bits, new Uint8Array(3)), Fault)
  assert.throws(() => decodeRankedPrints(100, 40, new Uint8Array(3)), Fault)
  const bytes = Buffer.alloc((2 ** bits + 1) * 4 + 200)
  bytes.writeUInt32LE(101, 4)
  assert.throws(() => decodeRankedPrints(100, bits, bytes), Fault)
})

test('segments of one size are merged, and others are left', () => {
  const rows = (...counts: readonly number[]): readonly { readonly rows: number }[] => counts.map((count) => ({ rows: count }))
  assert.deepEqual(chooseMerge(rows(100, 90, 100), 100), [])
  assert.deepEqual(chooseMerge(rows(100, 90, 100, 5, 5000), 100).map((segment) => segment.rows), [100, 90, 100, 5])
  assert.deepEqual(chooseMerge(rows(400, 500, 600, 700, 10), 100).map((segment) => segment.rows), [400, 500, 600, 700])
  assert.deepEqual(chooseMerge(rows(2 ** 23, 2 ** 23, 2 ** 23, 2 ** 23), 2 ** 23), [])
})
