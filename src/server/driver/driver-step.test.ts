import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DumpId } from '../../catalog/contract.ts'
import { initialDriverState, type DriverEffect, type DriverEvent, type DriverState, type DumpResult, type JobEnd, type JobSpec, type TapeResult } from './driver-state.ts'
import { driverStep } from './driver-step.ts'

const job = (id: string, changes: Partial<JobSpec> = {}): JobSpec => ({ id: id as DumpId, host: 'a', spindle: -1, maxDumps: 10, holding: 'auto', level: 0, estimatedBytes: 1000, ...changes })
const LIMITS = { parallelDumps: 2, retries: 1 }
const KIB = 1024
const GIB = 2 ** 30
const room = (...disks: number[]) => disks.map((availableBytes) => ({ availableBytes, chunkBytes: GIB }))

/** Carries a state along and collects effects. */
class Play {
  state: DriverState
  effects: DriverEffect[] = []
  nowMs = 0

  constructor(state: DriverState) {
    this.state = state
    this.take({ kind: 'started' })
  }

  take(event: DriverEvent): readonly DriverEffect[] {
    const step = driverStep(this.state, event, this.nowMs)
    this.state = step.state
    this.effects.push(...step.effects)
    return step.effects
  }

  ended(id: string, result: DumpResult): readonly DriverEffect[] {
    return this.take({ kind: 'dump-ended', id: id as DumpId, result })
  }

  taped(id: string, result: TapeResult = { kind: 'taped', isPartial: false }): readonly DriverEffect[] {
    return this.take({ kind: 'tape-ended', id: id as DumpId, result })
  }

  endOf(id: string): JobEnd | undefined {
    const mode = this.state.jobs.get(id as DumpId)?.mode
    return mode?.kind === 'ended' ? mode.end : undefined
  }
}

const started = (effects: readonly DriverEffect[]): string[] => effects.flatMap((effect) => (effect.kind === 'start-dump' ? [effect.id] : []))
const fault = (code: string, retry: 'never' | 'later' | 'now' = 'later') => ({ code, message: code, retry })

test('a dump goes to the holding disk, to a volume, and the run ends', () => {
  const play = new Play(initialDriverState(LIMITS, [job('1')], [], room(GIB)))
  assert.deepEqual(started(play.effects), ['1'])
  assert.deepEqual(play.ended('1', { kind: 'held', path: '/h/1' }), [{ kind: 'start-tape', id: '1', path: '/h/1' }])
  assert.deepEqual(play.taped('1').map(({ kind }) => kind), ['end-job', 'all-ended'])
})

test('an empty run ends at once', () => {
  assert.deepEqual(new Play(initialDriverState(LIMITS, [], [], room(GIB))).effects, [{ kind: 'all-ended' }])
})

test('limits in all, by host and by spindle hold', () => {
  const play = new Play(initialDriverState({ parallelDumps: 3, retries: 0 }, [job('1', { spindle: 1 }), job('2', { spindle: 1 }), job('3', { maxDumps: 1 }), job('4', { host: 'b' }), job('5', { host: 'c' }), job('6', { host: 'd' })], [], room(GIB)))
  assert.deepEqual(started(play.effects), ['1', '4', '5'])
  assert.deepEqual(started(play.ended('1', { kind: 'held', path: '/1' })), ['2'])
})

test('a later failure is tried again after a pause, a never is not, and the number is bounded', () => {
  const play = new Play(initialDriverState(LIMITS, [job('1'), job('2')], [], room(GIB)))
  assert.equal(play.ended('2', { kind: 'failed', fault: fault('x', 'never') }).at(0)?.kind, 'end-job')
  const [retry, wake] = play.ended('1', { kind: 'failed', fault: fault('y'), partialPath: '/p' })
  assert.equal(retry?.kind, 'retry')
  assert.ok(wake?.kind === 'wake' && wake.atMs >= 10_000)
  assert.deepEqual(started(play.take({ kind: 'tick' })), [])
  play.nowMs = wake.atMs
  assert.deepEqual(play.take({ kind: 'tick' }), [{ kind: 'start-dump', id: '1', level: 0, attempt: 2, to: 'holding', dumper: 0, pieces: [{ disk: 0, bytes: 64 * KIB }], discard: '/p' }])
  play.ended('1', { kind: 'failed', fault: fault('y'), partialPath: '/q' })
  play.taped('1', { kind: 'taped', isPartial: true })
  assert.deepEqual(play.endOf('1'), { kind: 'taped', isPartial: true, fault: fault('y') })
})

test('the agent may ask for another level', () => {
  const play = new Play(initialDriverState(LIMITS, [job('1', { level: 2 })], [], room(GIB)))
  play.ended('1', { kind: 'failed', fault: fault('agent-retry', 'later'), advice: { delayMs: 5000, level: 0 } })
  play.nowMs = 5000
  assert.deepEqual(play.take({ kind: 'tick' }), [{ kind: 'start-dump', id: '1', level: 0, attempt: 2, to: 'holding', dumper: 0, pieces: [{ disk: 0, bytes: 32 * KIB + 64 * 1024 * KIB }] }])
})

test('a full holding disk sends auto to the volume and fails required; others go on', () => {
  const play = new Play(initialDriverState(LIMITS, [job('1', { estimatedBytes: 10 * GIB, holding: 'required' }), job('2'), job('3', { estimatedBytes: 10 * GIB })], [], room(GIB)))
  assert.deepEqual(started(play.effects), ['2'])
  play.ended('2', { kind: 'held', path: '/2' })
  play.taped('2')
  const end = play.endOf('1')
  assert.ok(end?.kind === 'failed' && end.fault.code === 'holding-full')
  assert.ok(play.effects.some((effect) => effect.kind === 'start-dump' && effect.id === '3' && effect.to === 'volume'))
})

test('a holding disk that fills up during a dump sends it to the volume at once', () => {
  const play = new Play(initialDriverState(LIMITS, [job('1')], [], room(GIB)))
  const effects = play.ended('1', { kind: 'failed', fault: fault('holding-full') })
  assert.ok(effects.some((effect) => effect.kind === 'start-dump' && effect.to === 'volume'))
})

test('a volume that is gone leaves dumps on the holding disk, and the others still run', () => {
  const play = new Play(initialDriverState({ parallelDumps: 1, retries: 0 }, [job('1'), job('2'), job('3', { holding: 'never' })], [], room(GIB)))
  play.ended('1', { kind: 'held', path: '/1' })
  const effects = play.taped('1', { kind: 'failed', fault: fault('volume-missing') })
  assert.ok(effects.some(({ kind }) => kind === 'degraded'))
  play.ended('2', { kind: 'held', path: '/2' })
  assert.deepEqual(play.endOf('1'), { kind: 'held', isPartial: false, fault: fault('volume-missing') })
  assert.deepEqual(play.endOf('2'), { kind: 'held', isPartial: false, fault: fault('volume-missing') })
  assert.deepEqual(play.endOf('3'), { kind: 'failed', fault: fault('volume-missing') })
  assert.ok(play.state.hasEnded)
})

test('a damaged holding file does not stop the taper', () => {
  const held = ['1', '2'].map((id) => ({ spec: job(id), path: `/${id}`, isPartial: false }))
  const play = new Play(initialDriverState(LIMITS, [], held, room(GIB)))
  assert.deepEqual(play.taped('1', { kind: 'failed', fault: fault('holding-damaged') }).map(({ kind }) => kind), ['end-job', 'start-tape'])
})

test('cancel ends what waits and aborts what runs', () => {
  const play = new Play(initialDriverState({ parallelDumps: 1, retries: 3 }, [job('1'), job('2')], [], room(GIB)))
  assert.deepEqual(play.take({ kind: 'cancel', fault: fault('cancelled', 'now') }).map(({ kind }) => kind), ['abort-dump', 'end-job'])
  play.ended('1', { kind: 'failed', fault: fault('cancelled', 'now'), partialPath: '/1' })
  assert.deepEqual(play.endOf('1'), { kind: 'held', isPartial: true, fault: fault('cancelled', 'now') })
  assert.ok(play.state.hasEnded)
})

test('a dump into the vault waits for neither room on the holding disk nor a volume, and is tried again without anything to remove', () => {
  const play = new Play(initialDriverState(LIMITS, [job('1', { isForVault: true, estimatedBytes: 100 * GIB }), job('2', { isForVault: true, holding: 'required' }), job('3', { isForVault: true })], [], []))
  assert.deepEqual(play.effects.flatMap((effect) => (effect.kind === 'start-dump' ? [[effect.id, effect.to]] : [])), [['1', 'vault'], ['2', 'vault']])
  assert.deepEqual(started(play.ended('1', { kind: 'stored' })), ['3'])
  assert.deepEqual(play.endOf('1'), { kind: 'stored' })
  play.ended('2', { kind: 'failed', fault: fault('connection-lost', 'now') })
  play.nowMs = 2_000
  const [again] = play.take({ kind: 'tick' })
  assert.ok(again?.kind === 'start-dump' && again.attempt === 2 && again.discard === undefined && again.to === 'vault')
  play.ended('2', { kind: 'failed', fault: fault('vault-block-false', 'never') })
  assert.equal(play.endOf('2')?.kind, 'failed')
  assert.deepEqual(play.ended('3', { kind: 'stored' }).map(({ kind }) => kind), ['end-job', 'all-ended'])
})
