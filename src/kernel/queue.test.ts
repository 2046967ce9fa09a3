import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from './fault.ts'
import { BoundedQueue } from './queue.ts'

test('a full queue holds the writer until a reader took something', async () => {
  const queue = new BoundedQueue<number>(2)
  await queue.push(1)
  await queue.push(2)
  let isPushed = false
  const third = queue.push(3).then(() => (isPushed = true))
  await Promise.resolve()
  assert.equal(isPushed, false)
  assert.equal(await queue.shift(), 1)
  await third
  assert.equal(queue.count, 2)
})

test('a closed queue gives what it holds and then ends; with a reason everybody is told it', async () => {
  const queue = new BoundedQueue<number>(5)
  await queue.push(1)
  queue.close()
  const seen: number[] = []
  for await (const item of queue) seen.push(item)
  assert.deepEqual(seen, [1])
  const broken = new BoundedQueue<number>(1)
  const waiting = broken.shift()
  const reason = new Fault('cancelled', 'stop')
  broken.close(reason)
  await assert.rejects(waiting, reason)
  await assert.rejects(broken.push(1), reason)
})
