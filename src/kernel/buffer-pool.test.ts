import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionFailure } from './assert.ts'
import { BufferPool } from './buffer-pool.ts'

const KIB = 1024

test('a buffer that was given back is taken again, at any size of its class', () => {
  const pool = new BufferPool({ idleBytesMax: 1024 * KIB })
  const first = pool.take(200 * KIB)
  assert.equal(first.length, 200 * KIB)
  pool.give(first)
  assert.equal(pool.idleBytes, 256 * KIB)
  const second = pool.take(193 * KIB)
  assert.equal(second.buffer, first.buffer)
  assert.equal(second.length, 193 * KIB)
  assert.equal(pool.idleBytes, 0)
  assert.notEqual(pool.take(200 * KIB).buffer, first.buffer)
})

test('no more than its limit waits unused, and foreign buffers are left alone', () => {
  const pool = new BufferPool({ idleBytesMax: 100 * KIB })
  const buffers = [pool.take(64 * KIB), pool.take(64 * KIB)]
  for (const buffer of buffers) pool.give(buffer)
  assert.equal(pool.idleBytes, 64 * KIB)
  pool.give(pool.take(100))
  pool.give(Buffer.allocUnsafeSlow(64 * KIB).subarray(1))
  pool.give(Buffer.allocUnsafeSlow(100_000))
  assert.equal(pool.idleBytes, 64 * KIB)
  assert.equal(pool.take(65 * KIB).buffer.byteLength, 96 * KIB)
})

test('what is given back twice is a defect, and what is read afterwards is seen', () => {
  const pool = new BufferPool({ idleBytesMax: 1024 * KIB, poisons: true })
  const buffer = pool.take(20 * KIB).fill(7)
  pool.give(buffer)
  assert.equal(buffer[5], 0xdb)
  assert.throws(() => pool.give(buffer), AssertionFailure)
})

test('shared buffers are shared from the pooled size on, and kept up to the size that was asked for', () => {
  const pool = new BufferPool({ isShared: true, pooledBytesMax: 1024 * KIB })
  assert.equal(pool.take(100).buffer instanceof SharedArrayBuffer, false)
  const first = pool.take(600 * KIB)
  assert.ok(first.buffer instanceof SharedArrayBuffer)
  pool.give(first)
  assert.equal(pool.take(700 * KIB).buffer, first.buffer)
  const large = pool.take(1025 * KIB)
  assert.ok(large.buffer instanceof SharedArrayBuffer)
  pool.give(large)
  assert.equal(pool.idleBytes, 0)
})
