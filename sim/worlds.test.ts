import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PINNED } from './pinned.ts'
import { WORLDS } from './worlds.ts'

test('every world has seeds that npm test plays first', () => {
  assert.deepEqual(Object.keys(PINNED).toSorted(), WORLDS.map(({ name }) => name).toSorted())
  for (const [name, seeds] of Object.entries(PINNED)) assert.ok(seeds.length > 0, name)
})

test('the same seed gives the same run', async () => {
  for (const world of WORLDS) {
    const [first, second] = [await world.run(7), await world.run(7)]
    assert.equal(first.failure, undefined, world.name)
    assert.deepEqual([first.steps, first.virtualMs, first.faults, [...first.states]], [second.steps, second.virtualMs, second.faults, [...second.states]], world.name)
  }
})
