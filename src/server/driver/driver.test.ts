// The shell: room that dumps ask for while they run, and what is told of the state.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DumpId } from '../../catalog/contract.ts'
import { systemClock, type Clock } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { HoldingAllotment, HoldingPiece } from '../../storage/holding/contract.ts'
import { Driver, factsOf, type DriverDoors } from './driver.ts'
import { initialDriverState, type DriverEffect, type DumpResult, type JobSpec } from './driver-state.ts'
import { viewOf, type DriverView } from './driver-view.ts'

const MIB = 2 ** 20
const clock: Clock = { monotonicMs: () => 0, wallMs: () => 0, setTimer: () => ({ cancel() {} }), afterPoll() {} }
const job = (id: string, changes: Partial<JobSpec> = {}): JobSpec => ({ id: id as DumpId, host: id, spindle: -1, maxDumps: 10, holding: 'auto', level: 0, estimatedBytes: 4 * MIB, ...changes })

interface Play {
  readonly driver: Driver
  readonly ended: Promise<void>
  readonly ends: DriverEffect[]
  readonly views: DriverView[]
  /** What running dumps may take, and how they end. */
  readonly rooms: Map<string, HoldingAllotment>
  readonly end: (id: string, result: DumpResult) => void
}

function play(jobs: readonly JobSpec[], freeMib: () => number, parallelDumps = 2): Play {
  const rooms = new Map<string, HoldingAllotment>()
  const results = new Map<string, PromiseWithResolvers<DumpResult>>()
  const ends: DriverEffect[] = []
  const views: DriverView[] = []
  const holdingRooms = () => Promise.resolve([{ availableBytes: freeMib() * MIB, chunkBytes: 1024 * MIB }])
  const doors: DriverDoors = {
    clock,
    holdingRooms,
    dump(effect, signal, room) {
      rooms.set(effect.id, room)
      const result = Promise.withResolvers<DumpResult>()
      results.set(effect.id, result)
      signal.addEventListener('abort', () => result.resolve({ kind: 'failed', fault: factsOf(faultOf(signal.reason)) }))
      return result.promise
    },
    tape: () => Promise.resolve({ kind: 'taped', isPartial: false }),
    onNews: (effect) => void ends.push(effect),
    onState: (state) => void views.push(viewOf(state)),
  }
  const state = initialDriverState({ parallelDumps, retries: 0, interfaces: new Map([['lan', 3000]]) }, jobs, [], [{ availableBytes: freeMib() * MIB, chunkBytes: 1024 * MIB }])
  const driver = new Driver(state, doors)
  return { driver, ended: driver.run(), ends, views, rooms, end: (id, result) => results.get(id)?.resolve(result) }
}

const settled = (): Promise<void> => new Promise((resolve) => systemClock.afterPoll(resolve))

test('a dump that asks for more room gets it when another has made some', async () => {
  const { ended, rooms, end, views, ends } = play([job('1'), job('2')], () => 8.2)
  const given: HoldingPiece[] = []
  const asked = rooms.get('1')?.more().then((pieces) => given.push(...pieces))
  await settled()
  assert.deepEqual(given, [])
  assert.equal(views.at(-1)?.wantingRoom, 1)
  end('2', { kind: 'held', path: '/2', bytes: MIB })
  await asked
  assert.deepEqual(given.map(({ disk, bytes }) => [disk, bytes > 0]), [[0, true]])
  end('1', { kind: 'held', path: '/1' })
  await ended
  assert.deepEqual(ends.map((effect) => effect.kind), ['end-job', 'end-job'])
})

test('a dump that stands still alone is refused, and a cancelled one does not wait on', async () => {
  const { driver, ended, rooms } = play([job('1'), job('2', { estimatedBytes: 3.9 * MIB })], () => 8.1)
  const [first, second] = ['1', '2'].map((id) => assert.rejects(rooms.get(id)?.more() ?? Promise.resolve(), { code: 'holding-full', message: id === '2' ? 'not enough holding disk space' : 'the dump was cancelled' }))
  await second
  driver.cancel(new Fault('cancelled', 'stop'))
  await first
  await ended
})

test('the state is told in Amanda\'s words', () => {
  const jobs = [job('1', { interface: 'lan', rateKib: 2500 }), job('2', { interface: 'lan', rateKib: 600 }), job('3', { estimatedBytes: 900 * MIB }), job('4', { holding: 'never' })]
  const { views } = play(jobs, () => 10, 3)
  const { interfaces, disks, idle, ...rest } = views.at(-1) ?? assert.fail()
  assert.deepEqual(rest, { taper: 'writing', idleDumpers: 1, held: { count: 0, kib: 0 }, waiting: 2, waitingDirect: 0, wantingRoom: 0 })
  assert.deepEqual([interfaces, disks.map(({ writers }) => writers), idle], [[{ name: 'lan', freeKib: 500 }], [1], 'no-diskspace'])
})
