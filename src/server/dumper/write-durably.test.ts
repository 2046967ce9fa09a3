import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Life, Scheduler } from '../../../sim/scheduler.ts'
import { createBytePipe } from '../../kernel/byte-pipe.ts'
import { Fault } from '../../kernel/fault.ts'
import type { HoldingWriter } from '../../storage/holding/contract.ts'
import { writeDurably } from './write-durably.ts'

const MIB = 1024 * 1024
const never = (): never => assert.fail('not used')

/** A writer that fails an overlap of its calls. */
function memoryWriter(failure?: Fault): HoldingWriter & { syncs: number } {
  let isBusy = false
  let bytes = 0
  let durableBytes = 0
  const alone = async (work: () => void): Promise<void> => {
    assert.ok(!isBusy, 'calls of the writer overlap')
    isBusy = true
    await Promise.resolve()
    isBusy = false
    work()
  }
  return {
    path: '/x',
    get bytes() {
      return bytes
    },
    get durableBytes() {
      return durableBytes
    },
    syncs: 0,
    write: (piece) => alone(() => void (bytes += piece.length)),
    async sync() {
      this.syncs++
      await alone(() => undefined)
      if (failure !== undefined) throw failure
      return (durableBytes = bytes)
    },
    finish: never,
    keepPartial: never,
    abandon: never,
  }
}

test('what arrived is durable within five seconds although nothing follows, and is synced once', async () => {
  const scheduler = new Scheduler(1)
  const { clock } = new Life(scheduler, 'server')
  const pipe = createBytePipe(MIB)
  const writer = memoryWriter()
  const durable: [number, number][] = []
  const done = writeDurably(pipe, writer, clock, (bytes) => durable.push([clock.monotonicMs(), bytes]), () => undefined)
  await pipe.write(new Uint8Array(1000))
  await scheduler.until('the commit', 20_000, () => durable.length === 1)
  assert.deepEqual(durable, [[5000, 1000]])
  await scheduler.until('a minute of silence', 120_000, () => clock.monotonicMs() > 60_000)
  assert.equal(writer.syncs, 1)
  await pipe.write(new Uint8Array(500))
  await pipe.end()
  await scheduler.complete('the end', 10_000, done)
  assert.equal(writer.bytes, 1500)
  await scheduler.until('rest', 1e6, () => scheduler.time.nextMs === Number.POSITIVE_INFINITY)
})

test('sixty-four MiB are made durable without waiting for the time', async () => {
  const scheduler = new Scheduler(2)
  const { clock } = new Life(scheduler, 'server')
  const durable: number[] = []
  let left = 130
  const source = { read: async () => (left-- > 0 ? new Uint8Array(MIB) : null), cancel: never }
  await scheduler.complete('the dump', 1000, writeDurably(source, memoryWriter(), clock, (bytes) => durable.push(bytes / MIB), () => undefined))
  assert.deepEqual(durable, [64, 128])
})

test('a disk that fails while the client is silent ends the dump', async () => {
  const scheduler = new Scheduler(3)
  const { clock } = new Life(scheduler, 'server')
  const pipe = createBytePipe(MIB)
  const done = writeDurably(pipe, memoryWriter(new Fault('disk-full', 'no room')), clock, never, () => undefined)
  await pipe.write(new Uint8Array(10))
  await assert.rejects(scheduler.complete('the failure', 60_000, done), { code: 'disk-full' })
})
