import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEARNED_DECAY_MS } from './limits.ts'
import { PathLearning } from './path-learning.ts'

test('three agreeing idle deaths shrink the heartbeat; busy, young or scattered ones do not', () => {
  const path = new PathLearning(10_000)
  for (const age of [10, 50, 900, 60_000, 10, 10]) assert.equal(path.noteLoss(age, 0), undefined)
  for (const age of [10_000, 2_000, 10_000, 4_000]) assert.equal(path.noteLoss(age, 0), undefined)
  assert.equal(path.heartbeatMs, 10_000)
  assert.equal(path.noteLoss(10_000, 0), undefined)
  assert.equal(path.noteLoss(9_000, 0), undefined)
  assert.deepEqual(path.noteLoss(10_100, 0), { kind: 'path-learned', heartbeatMs: 2_700, fatalIdleMs: 9_000 })
  for (const age of [2_700, 2_700, 2_700]) path.noteLoss(age, 1)
  assert.equal(path.heartbeatMs, 1_000)
})

test('a learned heartbeat grows back slowly, and one more idle death brings it back at once', () => {
  const path = new PathLearning(10_000)
  for (let count = 0; count < 3; count++) path.noteLoss(10_000, 0)
  assert.equal(path.heartbeatMs, 3_000)
  assert.equal(path.relax(LEARNED_DECAY_MS - 1), undefined)
  assert.deepEqual(path.relax(LEARNED_DECAY_MS), { kind: 'path-relaxed', heartbeatMs: 3_750 })
  assert.deepEqual(path.noteLoss(3_750, LEARNED_DECAY_MS + 1), { kind: 'path-learned', heartbeatMs: 3_000, fatalIdleMs: 3_750 })
  let nowMs = LEARNED_DECAY_MS + 1
  for (let day = 0; day < 6; day++) path.relax((nowMs += LEARNED_DECAY_MS))
  assert.equal(path.heartbeatMs, 10_000)
  assert.equal(path.relax(nowMs + LEARNED_DECAY_MS), undefined)
})
