import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createBytePipe } from './byte-pipe.ts'
import { pump, pumpToReader, readAll, sourceOf } from './byte-stream.ts'
import { Fault } from './fault.ts'

test('a pipe delivers every byte in order, whatever the sizes and the bound', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 })), fc.integer({ min: 1, max: 64 }), async (pieces, limitBytes) => {
      const pipe = createBytePipe(limitBytes)
      const received = readAll(pipe, 100_000)
      assert.equal(await pump(sourceOf(...pieces), pipe), Buffer.concat(pieces).length)
      assert.deepEqual(Buffer.from(await received), Buffer.concat(pieces))
    }),
  )
})

test('a writer waits while the pipe is full and goes on when the reader reads', async () => {
  const pipe = createBytePipe(10)
  await pipe.write(new Uint8Array(9))
  let isWritten = false
  const blocked = pipe.write(new Uint8Array(5)).then(() => (isWritten = true))
  await Promise.resolve()
  assert.equal(isWritten, false)
  assert.equal((await pipe.read())?.length, 9)
  await blocked
  assert.equal(pipe.bufferedBytes, 5)
})

test('a failure reaches a reader that waits, and a cancel a writer that waits', async () => {
  const reason = new Fault('disk-full', 'no room')
  const failing = createBytePipe(10)
  const reading = failing.read()
  failing.fail(reason)
  await assert.rejects(reading, reason)
  const cancelled = createBytePipe(1)
  const writing = cancelled.write(new Uint8Array(5))
  cancelled.cancel(reason)
  await assert.rejects(writing, reason)
  await assert.rejects(cancelled.write(new Uint8Array(1)), reason)
})

test('a good end is not undone by a late failure', async () => {
  const pipe = createBytePipe(10)
  await pipe.write(Buffer.from('abc'))
  await pipe.end()
  pipe.fail(new Fault('internal', 'late'))
  assert.equal(Buffer.from(await readAll(pipe, 10)).toString(), 'abc')
})

test('pump ends both sides with the reason when one of them breaks', async () => {
  const reason = new Fault('disk-full', 'no room')
  const pipe = createBytePipe(4)
  pipe.cancel(reason)
  const source = sourceOf('abc', 'def')
  await assert.rejects(pump(source, pipe), reason)
  await assert.rejects(source.read(), reason)
})

test('readAll refuses more than its limit', async () => {
  await assert.rejects(readAll(sourceOf('abcdef'), 5), { code: 'wire-malformed' })
})

test('a reader that goes early does not stop the source, whose own end still counts', async () => {
  const gone = createBytePipe(10)
  gone.cancel(new Fault('cancelled', 'read enough'))
  const seen: number[] = []
  await pumpToReader(sourceOf('abc', 'de'), gone, (piece) => seen.push(piece.length))
  assert.deepEqual(seen, [3, 2])
  const reason = new Fault('dump-crc-mismatch', 'damaged')
  const damaged = sourceOf('abc')
  damaged.cancel(reason)
  await assert.rejects(pumpToReader(damaged, gone), reason)
  const full = createBytePipe(10)
  full.cancel(new Fault('disk-full', 'no room'))
  await assert.rejects(pumpToReader(sourceOf('abc'), full), { code: 'disk-full' })
})
