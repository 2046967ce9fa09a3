import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32cOf } from '../crc32c.ts'
import { combineCrc32c, crc32cOfZeros } from './crc-combine.ts'

test('the CRC of two parts is that of their bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.uint8Array({ maxLength: 2000 }), (first, second) => {
      assert.equal(combineCrc32c(crc32cOf(first), crc32cOf(second), second.length), crc32cOf(Buffer.concat([first, second])))
    }),
  )
})

test('the CRC of zeros is that of their bytes', () => {
  for (const bytes of [0, 1, 255, 256, 257, 65_535, 65_536, 1_000_003]) assert.equal(crc32cOfZeros(bytes), crc32cOf(new Uint8Array(bytes)))
})

test('a length beyond 32 bits is the same as its parts', () => {
  const half = crc32cOfZeros(2 ** 40 + 12_345)
  assert.equal(crc32cOfZeros(2 * (2 ** 40 + 12_345)), combineCrc32c(half, half, 2 ** 40 + 12_345))
  assert.equal(combineCrc32c(0x1234_5678, 0, 0), 0x1234_5678)
  const largest = Number.MAX_SAFE_INTEGER
  assert.equal(combineCrc32c(crc32cOfZeros(largest - 7), crc32cOfZeros(7), 7), crc32cOfZeros(largest))
})
