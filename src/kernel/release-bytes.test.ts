import assert from 'node:assert/strict'
import { test } from 'node:test'
import { releaseBytes } from './release-bytes.ts'

test('a large buffer is empty once it is given back', () => {
  const bytes = new Uint8Array(1024 * 1024)
  const view = bytes.subarray(10, 20)
  releaseBytes(view)
  assert.equal(bytes.length, 0)
  assert.equal(view.length, 0)
  releaseBytes(bytes)
})

test('the pool of small buffers and memory of several threads stay', () => {
  const small = Buffer.allocUnsafe(16)
  const before = small.buffer.byteLength
  releaseBytes(small)
  assert.equal(small.length, 16)
  assert.equal(Buffer.allocUnsafe(16).buffer.byteLength, before)
  const shared = new Uint8Array(new SharedArrayBuffer(1024 * 1024))
  releaseBytes(shared)
  assert.equal(shared.length, 1024 * 1024)
})

test('a buffer as large as a pool is given back when it is one piece', () => {
  for (const size of [6000, Buffer.poolSize, Buffer.poolSize + 64]) {
    const bytes = new Uint8Array(size)
    releaseBytes(bytes)
    assert.equal(bytes.length, 0, `${size} bytes`)
  }
})
