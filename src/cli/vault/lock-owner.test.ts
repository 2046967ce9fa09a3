import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { isGoneOwner, thisLockOwner } from './lock-owner.ts'

test('a process that runs holds its lock; one that ended, or ran before the machine started, does not', () => {
  const isGone = isGoneOwner('here')
  const own = thisLockOwner('here', 1)
  assert.equal(isGone(own), false)
  assert.equal(isGone({ ...own, process: `${own.process}0` }), true)
  assert.equal(isGone({ ...own, process: `other ${own.process.split(' ')[1]}` }), true)
  const { pid } = spawnSync('true')
  assert.equal(isGone({ ...own, pid }), true)
})

test('of a process elsewhere nobody says that it is gone', () => {
  const own = thisLockOwner('there', 1)
  assert.equal(isGoneOwner('here')({ ...own, pid: 4_000_000 }), false)
  assert.equal(isGoneOwner('there')({ ...own, process: '' }), false)
})
