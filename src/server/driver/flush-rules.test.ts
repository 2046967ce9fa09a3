import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLUSH_AT_ONCE, isFlushDue, nextToTape } from './flush-rules.ts'

const VOLUME = 1000
const load = (heldBytes: number, scheduledBytes: number, isDumpingOver = false) => ({ heldBytes, scheduledBytes, isDumpingOver })

test('without thresholds whatever is held is written', () => {
  assert.ok(isFlushDue(load(1, 0), FLUSH_AT_ONCE, VOLUME))
  assert.ok(!isFlushDue(load(0, 5000), FLUSH_AT_ONCE, VOLUME))
})

test('both thresholds must be passed while there is something to come', () => {
  const rules = { ...FLUSH_AT_ONCE, dumpedPercent: 50, scheduledPercent: 150, restPercent: 80 }
  assert.ok(!isFlushDue(load(500, 5000), rules, VOLUME))
  assert.ok(!isFlushDue(load(501, 999), rules, VOLUME))
  assert.ok(isFlushDue(load(501, 1000), rules, VOLUME))
})

test('at the end the rest is written when it is worth a volume', () => {
  const rules = { ...FLUSH_AT_ONCE, dumpedPercent: 200, scheduledPercent: 200, restPercent: 80 }
  assert.ok(!isFlushDue(load(900, 0), rules, VOLUME))
  assert.ok(isFlushDue(load(801, 0, true), rules, VOLUME))
  assert.ok(!isFlushDue(load(800, 0, true), rules, VOLUME))
})

test('each order picks its dump; when none fits, the first of its order goes on to the next volume', () => {
  const held = [
    { name: 'b', bytes: 300, turn: 2 },
    { name: 'a', bytes: 500, turn: 1 },
    { name: 'c', bytes: 100, turn: 3 },
    { name: 'd', bytes: 500, turn: 4 },
  ]
  const pick = (order: Parameters<typeof nextToTape>[1], left: number): string | undefined => nextToTape(held, order, left)?.name
  assert.deepEqual([pick('first', 50), pick('last', 50), pick('largest', 50), pick('smallest', 50)], ['a', 'd', 'a', 'c'])
  assert.deepEqual([pick('firstfit', 400), pick('largestfit', 400), pick('firstfit', 50), pick('largestfit', 50)], ['b', 'b', 'a', 'a'])
  assert.deepEqual([pick('largestfit', 250), nextToTape([], 'first', 1)], ['c', undefined])
})
