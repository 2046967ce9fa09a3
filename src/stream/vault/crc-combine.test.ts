import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32c } from '@node-rs/crc32'
import { seededRandom } from '../../kernel/random.ts'
import { combineCrc32c, crc32cOfZeros } from './crc-combine.ts'

test('the CRC of two pieces is that of their bytes', () => {
  const random = seededRandom(1)
  for (const [a, b] of [[0, 5], [5, 0], [1, 1], [1000, 77_777], [65_536, 3]] as const) {
    const first = random.bytes(a)
    const second = random.bytes(b)
    assert.equal(combineCrc32c(crc32c(first), crc32c(second), b), crc32c(Buffer.concat([first, second])))
  }
})

test('zeros have the CRC of zeros', () => {
  for (const count of [0, 1, 7, 512, 70_001]) assert.equal(crc32cOfZeros(count), crc32c(Buffer.alloc(count)))
})
