import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatScheduledDump, parseScheduledDump } from './schedule.ts'

/** Written by Debian's planner 3.5.1: in a run of 23 November 2026, and for a generated history. */
const STOCK = [
  `DUMP amclient ffffffff9efefbfffffffffffffff3fffbf71f /srv/small 20261123221016 1 0 1970:1:1:0:0:0 220 220 0 1024 "Skipping: new disk can't be dumped in degraded mode"`,
  'DUMP client2 ffffffff9efefbfffffffffffffff3fffbf71f "C:/Users" 20261127200000 9 0 1970:1:1:0:0:0 86928 80698 61 1303 3 2026:11:18:19:55:38 33805 16902 7 2276',
]

test("lines of stock's planner are read and written byte for byte", () => {
  for (const line of STOCK) assert.equal(formatScheduledDump(parseScheduledDump(line)), line)
  assert.deepEqual(parseScheduledDump(STOCK[1] ?? '').degraded, { level: 3, sinceS: Date.UTC(2026, 10, 18, 19, 55, 38) / 1000, sizeKib: 33_805, storedKib: 16_902, seconds: 7, rateKib: 2276 })
})

test('other lines are a fault', () => {
  for (const line of ['ENDFLUSH', 'DUMP h f d', `${STOCK[0]} 1`, 'DUMP h f d 1 1 0 yesterday 1 1 1 1 ""', 'DUMP h f d 1 1 x 1970:1:1:0:0:0 1 1 1 1 ""']) assert.throws(() => parseScheduledDump(line), { code: 'wire-malformed' })
})
