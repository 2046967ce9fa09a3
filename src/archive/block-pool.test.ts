import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BlockPool } from './block-pool.ts'
import { BLOCK_COUNT } from './unit-sequence.ts'

test('a dump gets the blocks of the one before it, two at once get blocks of their own, and no more are kept than one needs', () => {
  const pool = new BlockPool()
  const first = pool.take()
  const second = pool.take()
  assert.equal(new Set([...first, ...second]).size, 2 * BLOCK_COUNT)
  pool.giveBack(first)
  pool.giveBack(second)
  assert.deepEqual(new Set(pool.take()), new Set(first))
  const fresh = pool.take()
  assert.equal(fresh.some((block) => first.includes(block) || second.includes(block)), false)
})
