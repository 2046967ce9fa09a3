// Amanda's rules, one by one: which dump starts, where it finds room, what happens when volumes are out of reach, when dumps are flushed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DumpId } from '../../catalog/contract.ts'
import { initialDriverState, type DriverEffect, type DriverEvent, type DriverLimits, type DriverState, type JobEnd, type JobSpec } from './driver-state.ts'
import { driverStep } from './driver-step.ts'
import { FLUSH_AT_ONCE } from './flush-rules.ts'

const KIB = 1024
const MIB = 1024 * KIB
const LIMITS: DriverLimits = { parallelDumps: 2, retries: 1 }
const job = (id: string, changes: Partial<JobSpec> = {}): JobSpec => ({ id: id as DumpId, host: id, spindle: -1, maxDumps: 10, holding: 'auto', level: 0, estimatedBytes: MIB, ...changes })
const disks = (...mib: number[]) => mib.map((each) => ({ availableBytes: each * MIB, chunkBytes: 1024 * MIB }))
const full = { code: 'holding-full', message: 'full', retry: 'later' } as const

class Play {
  state: DriverState
  effects: DriverEffect[] = []
  nowMs = 0

  constructor(limits: DriverLimits, jobs: readonly JobSpec[], room = disks(1000), held: readonly JobSpec[] = []) {
    this.state = initialDriverState(limits, jobs, held.map((spec) => ({ spec, path: `/${spec.id}`, isPartial: false })), room)
    this.take({ kind: 'started' })
  }

  take(event: DriverEvent): readonly DriverEffect[] {
    const step = driverStep(this.state, event, this.nowMs)
    this.state = step.state
    this.effects.push(...step.effects)
    return step.effects
  }

  held(id: string, mib = 1): readonly DriverEffect[] {
    return this.take({ kind: 'dump-ended', id: id as DumpId, result: { kind: 'held', path: `/${id}`, bytes: mib * MIB } })
  }

  /** As a taper does it: a volume is begun when none is, and filled. */
  taped(id: string): readonly DriverEffect[] {
    if (this.state.volume === undefined) this.take({ kind: 'volume-started' })
    this.take({ kind: 'volume-filled', bytes: MIB })
    return this.take({ kind: 'tape-ended', id: id as DumpId, result: { kind: 'taped', isPartial: false } })
  }

  reason(id: string): string | undefined {
    const mode = this.state.jobs.get(id as DumpId)?.mode
    return mode?.kind === 'waiting' ? mode.reason : undefined
  }

  endOf(id: string): JobEnd | undefined {
    const mode = this.state.jobs.get(id as DumpId)?.mode
    return mode?.kind === 'ended' ? mode.end : undefined
  }
}

const started = (effects: readonly DriverEffect[]): string[] => effects.flatMap((effect) => (effect.kind === 'start-dump' ? [effect.id] : []))
const kinds = (effects: readonly DriverEffect[]): string[] => effects.map(({ kind }) => kind)
const taping = (effects: readonly DriverEffect[]): string[] => effects.flatMap((effect) => (effect.kind === 'start-tape' ? [effect.id] : []))

test('each dumper takes the first by its letter', () => {
  const jobs = [job('mid', { estimatedBytes: 4 * MIB, rateKib: 10 }), job('big', { estimatedBytes: 9 * MIB, rateKib: 900 }), job('small', { estimatedBytes: MIB, rateKib: 100 })]
  const order = (dumpOrder: string, parallelDumps = 3): string[] => started(new Play({ ...LIMITS, parallelDumps, dumpOrder }, jobs).effects)
  assert.deepEqual(order('sss'), ['small', 'mid', 'big'])
  assert.deepEqual(order('SSS'), ['big', 'mid', 'small'])
  assert.deepEqual(order('sSs'), ['small', 'big', 'mid'])
  // 4 MiB at 10 KiB/s take longest, 1 MiB at 100 KiB/s as long as 9 MiB at 900 do.
  assert.deepEqual(order('T', 1), ['mid'])
  assert.deepEqual(order('bbb'), ['mid', 'small', 'big'])
  assert.deepEqual(order('BB'), ['big', 'small', 'mid'])
  assert.deepEqual(order('s', 2), ['small', 'big'], 'a dumper beyond the word takes the shortest')
})

test('a dumper that is free again is the one whose letter counts', () => {
  const jobs = ['1', '2', '3', '4'].map((id) => job(id, { estimatedBytes: Number(id) * MIB }))
  const play = new Play({ ...LIMITS, dumpOrder: 'sS' }, jobs)
  assert.deepEqual(started(play.effects), ['1', '4'])
  const [next] = play.held('4').filter(({ kind }) => kind === 'start-dump')
  assert.ok(next?.kind === 'start-dump' && next.id === '3' && next.dumper === 1)
})

test('priority goes above the letter, and without an order the order of the plan stays', () => {
  const jobs = [job('1', { estimatedBytes: MIB, priority: 0 }), job('2', { estimatedBytes: 5 * MIB, priority: 2 }), job('3', { estimatedBytes: 3 * MIB, priority: 2 })]
  assert.deepEqual(started(new Play({ ...LIMITS, dumpOrder: 'ss' }, jobs).effects), ['3', '2'])
  assert.deepEqual(started(new Play(LIMITS, [job('1'), job('2', { estimatedBytes: 1 }), job('3')]).effects), ['1', '2'])
})

test('with an order, a dump that goes straight to a volume is first while the volume is free', () => {
  const play = new Play({ ...LIMITS, dumpOrder: 'sss' }, [job('1'), job('2', { holding: 'never', estimatedBytes: 9 * MIB }), job('3', { holding: 'never' })])
  assert.deepEqual(started(play.effects), ['3', '1'])
})

test('a start time is waited for, and the driver is woken for it', () => {
  const play = new Play(LIMITS, [job('1', { notBeforeMs: 5000 }), job('2')])
  assert.deepEqual(started(play.effects), ['2'])
  assert.equal(play.reason('1'), 'start-time')
  assert.deepEqual(play.effects.filter(({ kind }) => kind === 'wake'), [{ kind: 'wake', atMs: 5000 }])
  play.nowMs = 5000
  assert.deepEqual(started(play.take({ kind: 'tick' })), ['1'])
})

test('dumps of one interface share its bandwidth; one alone may have more than that', () => {
  const limits = { ...LIMITS, parallelDumps: 5, interfaces: new Map([['wan', 500]]) }
  const play = new Play(limits, [job('1', { interface: 'wan', rateKib: 900 }), job('2', { interface: 'wan', rateKib: 1 }), job('3', { interface: 'lan', rateKib: 9000 })])
  assert.deepEqual(started(play.effects), ['1', '3'])
  assert.equal(play.reason('2'), 'no-bandwidth')
  assert.deepEqual(started(play.held('1')), ['2'])
  assert.deepEqual(started(new Play(limits, [job('1', { interface: 'wan', rateKib: 300 }), job('2', { interface: 'wan', rateKib: 201 }), job('3', { interface: 'wan', rateKib: 200 })]).effects), ['1', '3'])
})

test('dumps are shared out among the holding disks, and may span them', () => {
  const play = new Play({ ...LIMITS, parallelDumps: 3 }, [job('1', { estimatedBytes: 5 * MIB }), job('2', { estimatedBytes: 5 * MIB }), job('3', { estimatedBytes: 12 * MIB })], disks(10, 20))
  const places = play.effects.flatMap((effect) => (effect.kind === 'start-dump' ? [effect.pieces.map(({ disk }) => disk)] : []))
  assert.deepEqual(places, [[1], [0], [1]])
  assert.deepEqual(new Play(LIMITS, [job('1', { estimatedBytes: 25 * MIB })], disks(10, 20)).effects.flatMap((effect) => (effect.kind === 'start-dump' ? effect.pieces.map(({ disk }) => disk) : [])), [1, 0])
})

test('a dump that turned out larger gets more on its disk, and waits while there is none', () => {
  const play = new Play(LIMITS, [job('1', { estimatedBytes: 4 * MIB }), job('2', { estimatedBytes: 4 * MIB })], disks(9))
  const [more] = play.take({ kind: 'room-wanted', id: '1' as DumpId })
  assert.ok(more?.kind === 'give-room' && more.pieces.length === 1 && (more.pieces[0]?.bytes ?? 0) >= 4 * MIB * 0.05)
  play.take({ kind: 'holding-room', disks: disks(8.3) })
  assert.deepEqual(kinds(play.take({ kind: 'room-wanted', id: '1' as DumpId })), [])
  assert.deepEqual(kinds(play.held('2', 4)), ['start-tape', 'give-room'].toReversed())
})

test('when all stand still for room the smallest is broken off and goes straight to a volume', () => {
  const play = new Play({ ...LIMITS, retries: 0 }, [job('1', { estimatedBytes: 5 * MIB }), job('2', { estimatedBytes: 4 * MIB })], disks(9.1))
  assert.deepEqual(kinds(play.take({ kind: 'room-wanted', id: '1' as DumpId })), [])
  assert.deepEqual(play.take({ kind: 'room-wanted', id: '2' as DumpId }).map((effect) => [effect.kind, 'id' in effect ? effect.id : '']), [['refuse-room', '2']])
  const effects = play.take({ kind: 'dump-ended', id: '2' as DumpId, result: { kind: 'failed', fault: full } })
  assert.deepEqual(kinds(effects), ['retry', 'give-room', 'start-dump'])
  assert.ok(effects.some((effect) => effect.kind === 'start-dump' && effect.to === 'volume'))
})

test('while something is on its way to a volume nothing is broken off', () => {
  const play = new Play(LIMITS, [job('1', { estimatedBytes: 5 * MIB }), job('2', { estimatedBytes: 4 * MIB })], disks(9.1), [job('0')])
  play.take({ kind: 'room-wanted', id: '1' as DumpId })
  assert.deepEqual(kinds(play.take({ kind: 'room-wanted', id: '2' as DumpId })), [])
  play.take({ kind: 'holding-room', disks: disks(20) })
  assert.deepEqual(play.effects.flatMap((effect) => (effect.kind === 'give-room' ? [effect.id] : [])), ['1', '2'])
})

test('a dump that waits for room can be cancelled', () => {
  const play = new Play(LIMITS, [job('1', { estimatedBytes: 5 * MIB }), job('2', { estimatedBytes: 4 * MIB })], disks(9.1))
  play.take({ kind: 'room-wanted', id: '1' as DumpId })
  assert.deepEqual(kinds(play.take({ kind: 'cancel', ids: ['1' as DumpId], fault: { code: 'cancelled', message: 'x', retry: 'now' } })), ['refuse-room', 'abort-dump'])
  assert.deepEqual(kinds(play.take({ kind: 'room-wanted', id: '1' as DumpId })), ['refuse-room'])
})

test('a broken-off dump that must be held is tried again when others may free room, and fails when not', () => {
  const required = { holding: 'required', estimatedBytes: 4 * MIB } as const
  const play = new Play(LIMITS, [job('1', { estimatedBytes: 5 * MIB }), job('2', required)], disks(9.1))
  for (const id of ['1', '2']) play.take({ kind: 'room-wanted', id: id as DumpId })
  assert.equal(kinds(play.take({ kind: 'dump-ended', id: '2' as DumpId, result: { kind: 'failed', fault: full } }))[0], 'retry')
  const alone = new Play(LIMITS, [job('2', required)], disks(4.2))
  assert.deepEqual(kinds(alone.take({ kind: 'room-wanted', id: '2' as DumpId })), ['refuse-room'])
  assert.equal(kinds(alone.take({ kind: 'dump-ended', id: '2' as DumpId, result: { kind: 'failed', fault: full } }))[0], 'end-job')
})

/** Three fulls of 30 MiB wait while the only dump that runs finds that no volume can be written. */
function degradedPlay(reservePercent: number | undefined): Play {
  const degraded = { level: 1, estimatedBytes: MIB, rateKib: 5 }
  const jobs = [job('0'), job('1', { estimatedBytes: 30 * MIB, degraded }), job('2', { estimatedBytes: 30 * MIB, degraded }), job('3', { estimatedBytes: 30 * MIB, degraded: { message: 'new disk' } }), job('4', { level: 1 })]
  const play = new Play({ parallelDumps: 1, retries: 0, ...(reservePercent === undefined ? {} : { reservePercent }) }, jobs, disks(100))
  play.take({ kind: 'dump-ended', id: '0' as DumpId, result: { kind: 'failed', fault: { code: 'no-volume', message: 'no tapes', retry: 'never' }, isVolumeFault: true } })
  return play
}

test('degraded: the reserve is kept for incrementals', () => {
  const levels = (play: Play): number[] => [...play.state.jobs.values()].map(({ level }) => level)
  const play = degradedPlay(60)
  assert.deepEqual(levels(play), [0, 0, 1, 0, 1])
  assert.deepEqual(play.endOf('3'), { kind: 'failed', fault: { code: 'no-volume', message: 'new disk', retry: 'never' } })
  assert.equal(play.state.jobs.get('2' as DumpId)?.estimatedBytes, MIB)
  const all = degradedPlay(100)
  assert.deepEqual(levels(all), [0, 1, 1, 0, 1])
  assert.deepEqual(levels(degradedPlay(undefined)), [0, 0, 0, 0, 1])
  assert.equal(degradedPlay(undefined).endOf('3'), undefined)
})

test('a run begins no more volumes than it may', () => {
  const play = new Play({ ...LIMITS, parallelDumps: 1, volumesPerRun: 1, volumeBytes: 10 * MIB }, [job('1'), job('2'), job('3', { holding: 'never' })])
  play.held('1')
  play.taped('1')
  play.take({ kind: 'volume-ended' })
  const effects = play.held('2')
  assert.ok(effects.some((effect) => effect.kind === 'degraded' && effect.fault.message === '1 tapes filled; runtapes=1 does not allow additional tapes'))
  assert.equal(play.endOf('2')?.kind, 'held')
  assert.equal(play.endOf('3')?.kind, 'failed')
  assert.ok(play.state.hasEnded)
})

test('a volume is begun only when enough is held; then it is filled, and what came too late for it waits for the next run', () => {
  const flush = { ...FLUSH_AT_ONCE, dumpedPercent: 20, scheduledPercent: 20, restPercent: 30 }
  const play = new Play({ ...LIMITS, parallelDumps: 1, flush, volumeBytes: 10 * MIB }, ['1', '2', '3', '4', '5'].map((id) => job(id)))
  assert.deepEqual(taping([...play.held('1'), ...play.held('2')]), [])
  assert.deepEqual(taping(play.held('3')), ['1'])
  assert.deepEqual(taping(play.taped('1')), ['2'])
  assert.deepEqual(taping([...play.taped('2'), ...play.taped('3')]), ['3'])
  play.take({ kind: 'volume-ended' })
  assert.deepEqual(taping([...play.held('4'), ...play.held('5')]), [])
  for (const id of ['4', '5']) assert.deepEqual(play.endOf(id), { kind: 'held', isPartial: false, note: 'taperflush criteria not met' })
  assert.ok(play.state.hasEnded)
})

test('a dump that waits for room is reason enough to begin a volume', () => {
  const flush = { ...FLUSH_AT_ONCE, dumpedPercent: 90, scheduledPercent: 90, restPercent: 90 }
  const play = new Play({ ...LIMITS, flush, volumeBytes: 100 * MIB }, [job('1', { estimatedBytes: 20 * MIB })], disks(10), [job('0')])
  assert.deepEqual(taping(play.effects), ['0'])
})

test('the order of flushing is kept, and what fits on the volume is preferred', () => {
  const held = [job('5', { estimatedBytes: 5 * MIB }), job('9', { estimatedBytes: 9 * MIB }), job('2', { estimatedBytes: 2 * MIB })]
  const order = (which: typeof FLUSH_AT_ONCE.order): string[] => {
    const play = new Play({ ...LIMITS, flush: { ...FLUSH_AT_ONCE, order: which }, volumeBytes: 10 * MIB }, [], disks(10), held)
    play.take({ kind: 'volume-started' })
    for (let id = taping(play.effects)[0]; id !== undefined; ) {
      play.take({ kind: 'volume-filled', bytes: Number(id) * MIB })
      id = taping(play.take({ kind: 'tape-ended', id: id as DumpId, result: { kind: 'taped', isPartial: false } }))[0]
    }
    return taping(play.effects)
  }
  assert.deepEqual([order('first'), order('last'), order('smallest'), order('largest')], [['5', '9', '2'], ['2', '9', '5'], ['2', '5', '9'], ['9', '5', '2']])
  assert.deepEqual([order('firstfit'), order('largestfit')], [['5', '2', '9'], ['9', '5', '2']])
})
