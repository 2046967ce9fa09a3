import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, formatSize, parseDuration, parseSize } from './units.ts'

test('sizes are read as people write them', () => {
  assert.deepEqual(['10 GiB', '500MB', '1.5k', '7', '0 B', '2 TiB'].map(parseSize), [10 * 1024 ** 3, 500_000_000, 1536, 7, 0, 2 * 1024 ** 4])
  assert.deepEqual(['', 'GiB', '-1 GiB', '1 GiBB', '1e9', '9999999 TiB', 'toString', '1 constructor'].map(parseSize), Array.from({ length: 8 }, () => undefined))
})

test('durations need a unit', () => {
  assert.deepEqual(['30 s', '5min', '1.5 h', '2 weeks', '250ms'].map(parseDuration), [30_000, 300_000, 5_400_000, 1_209_600_000, 250])
  assert.deepEqual(['30', '', 's', '-1 s', '1 m'].map(parseDuration), Array.from({ length: 5 }, () => undefined))
})

test('what is shown can be read again and is near', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 50), (bytes) => {
      const back = parseSize(formatSize(bytes))
      assert.ok(back !== undefined && Math.abs(back - bytes) <= Math.max(0.06 * bytes, 1))
    }),
  )
  assert.deepEqual([0, 1023, 1024, 1536, 150 * 1024 ** 2, -1024].map(formatSize), ['0 B', '1023 B', '1 KiB', '1.5 KiB', '150 MiB', '-1 KiB'])
  assert.deepEqual([12, 999, 1000, 61_000, 7_500_000, 86_400_000, 90_000_000].map(formatDuration), ['12 ms', '999 ms', '1 s', '1 min 1 s', '2 h 5 min', '1 d', '1 d 1 h'])
})
