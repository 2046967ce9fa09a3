// Random jobs, limits, sizes and faults against the driver alone: no limit is ever passed, the holding disks and volumes never hold more than they
// have, every dump ends exactly once and with a reason, and there is always something that goes on.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DumpId } from '../../catalog/contract.ts'
import type { HoldingPiece } from '../../storage/holding/contract.ts'
import { initialDriverState, type DriverEffect, type DriverEvent, type DriverLimits, type DriverState, type JobSpec, type TapeResult } from './driver-state.ts'
import { driverStep } from './driver-step.ts'

const KIB = 1024
const MIB = 1024 * KIB
const STEPS_MAX = 3000

const optional = <T>(key: string, values: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> => fc.option(values, { nil: undefined }).map((value) => (value === undefined ? {} : { [key]: value }))
const merged = (...parts: fc.Arbitrary<object>[]): fc.Arbitrary<object> => fc.tuple(...parts).map((all) => Object.assign({}, ...all) as object)

const percent = fc.constantFrom(0, 30, 150)
const limits = merged(
  fc.record({ parallelDumps: fc.integer({ min: 1, max: 5 }), retries: fc.integer({ min: 0, max: 2 }), interfaces: fc.constant(new Map([['wan', 2000]])) }),
  optional('dumpOrder', fc.string({ unit: fc.constantFrom('s', 'S', 't', 'T', 'b', 'B'), maxLength: 5 })),
  optional('reservePercent', fc.constantFrom(0, 50, 100)),
  optional('flush', fc.record({ dumpedPercent: percent, scheduledPercent: percent, restPercent: percent, order: fc.constantFrom('first', 'firstfit', 'largest', 'largestfit', 'smallest', 'last') })),
  optional('volumeBytes', fc.integer({ min: MIB, max: 40 * MIB })),
  optional('volumesPerRun', fc.integer({ min: 0, max: 4 })),
) as fc.Arbitrary<DriverLimits>

const specs = fc.array(
  merged(
    fc.record({ host: fc.constantFrom('a', 'b', 'c'), spindle: fc.integer({ min: -1, max: 2 }), maxDumps: fc.integer({ min: 1, max: 3 }), holding: fc.constantFrom('never', 'auto', 'auto', 'required'), level: fc.constantFrom(0, 0, 1), estimatedBytes: fc.option(fc.integer({ min: 0, max: 20 * MIB }), { nil: undefined }), grows: fc.constantFrom(0.5, 1, 1, 1.5, 4) }),
    optional('priority', fc.integer({ min: 0, max: 2 })),
    optional('rateKib', fc.integer({ min: 1, max: 3000 })),
    optional('interface', fc.constantFrom('wan', 'lan')),
    optional('notBeforeMs', fc.integer({ min: 0, max: 1_000_000 })),
    optional('degraded', fc.constantFrom({ level: 1, estimatedBytes: MIB }, { message: 'new disk' })),
    optional('isForVault', fc.constantFrom(false, false, false, true)),
  ) as fc.Arbitrary<Omit<JobSpec, 'id'> & { readonly grows: number }>,
  { maxLength: 12 },
)

interface Writing {
  readonly spec: JobSpec
  readonly to: string
  pieces: HoldingPiece[]
  /** What it will take in the end. */
  readonly bytes: number
  isWaiting: boolean
  isRefused: boolean
  isAborted: boolean
}

/** Holding disks, volumes and clients as the driver's shell finds them. */
class World {
  readonly limits: DriverLimits
  readonly #specs: ReadonlyMap<string, JobSpec & { readonly grows: number }>
  readonly #capacities: readonly number[]
  readonly running = new Map<string, Writing>()
  readonly held = new Map<string, readonly HoldingPiece[]>()
  readonly ends = new Map<string, number>()
  state: DriverState
  nowMs = 0
  taping: string | undefined
  hasEnded = false
  #volumes = 0
  #hasVolume = false
  #wakeMs: number[] = []
  #dice: number[]
  #rolls = 0

  constructor(given: DriverLimits, jobs: readonly (JobSpec & { readonly grows: number })[], heldCount: number, capacities: readonly number[], dice: number[]) {
    this.limits = given
    this.#specs = new Map(jobs.map((spec) => [spec.id, spec]))
    this.#capacities = capacities
    this.#dice = dice
    const held = jobs.slice(0, heldCount).map((spec) => ({ spec, path: `/${spec.id}`, isPartial: false }))
    for (const { spec } of held) this.held.set(spec.id, [])
    this.state = initialDriverState(given, jobs.slice(heldCount), held, this.#rooms())
    this.take({ kind: 'started' })
  }

  roll(sides: number): number {
    return (this.#dice[this.#rolls++ % this.#dice.length] ?? 0) % sides
  }

  #rooms(): { availableBytes: number; chunkBytes: number }[] {
    const used = (disk: number): number => [...this.held.values()].flat().reduce((sum, piece) => (piece.disk === disk ? sum + piece.bytes : sum), 0)
    return this.#capacities.map((capacity, disk) => ({ availableBytes: capacity - used(disk), chunkBytes: 3 * MIB }))
  }

  take(event: DriverEvent): void {
    const step = driverStep(this.state, event, this.nowMs)
    this.state = step.state
    for (const effect of step.effects) this.#obey(effect)
    this.#judge()
  }

  #obey(effect: DriverEffect): void {
    switch (effect.kind) {
      case 'start-dump': {
        const spec = this.#specs.get(effect.id)
        assert.ok(spec !== undefined && !this.running.has(effect.id) && !this.ends.has(effect.id))
        assert.ok(this.nowMs >= (spec.notBeforeMs ?? 0))
        assert.ok(![...this.running.keys()].some((id) => this.#dumper(id) === effect.dumper) && effect.dumper < this.limits.parallelDumps)
        if (effect.discard !== undefined) this.held.delete(effect.id)
        this.running.set(effect.id, { spec, to: effect.to, pieces: [...effect.pieces], bytes: (spec.estimatedBytes ?? 5 * MIB) * spec.grows, isWaiting: false, isRefused: false, isAborted: false })
        return
      }
      case 'give-room':
      case 'refuse-room': {
        const writing = this.running.get(effect.id)
        assert.ok(writing?.isWaiting === true || this.roll(1) === 0)
        if (writing === undefined) return
        writing.isWaiting = false
        if (effect.kind === 'give-room') writing.pieces.push(...effect.pieces)
        else writing.isRefused = true
        return
      }
      case 'abort-dump': {
        const writing = this.running.get(effect.id)
        if (writing !== undefined) writing.isAborted = true
        return
      }
      case 'start-tape':
        assert.equal(this.taping, undefined)
        assert.ok(![...this.running.values()].some(({ to }) => to === 'volume'))
        this.taping = effect.id
        return
      case 'end-job':
        if (effect.end.kind === 'failed') assert.notEqual(effect.end.fault.message, '')
        if (effect.end.kind === 'held' && !effect.end.isPartial) assert.ok(effect.end.fault !== undefined || effect.end.note !== undefined, 'held without a reason')
        this.ends.set(effect.id, (this.ends.get(effect.id) ?? 0) + 1)
        return
      case 'wake':
        this.#wakeMs.push(effect.atMs)
        return
      case 'all-ended':
        assert.equal(this.hasEnded, false)
        this.hasEnded = true
        return
      case 'waits':
      case 'retry':
      case 'degraded':
      case 'abort-tape':
    }
  }

  #dumper(id: string): number | undefined {
    const mode = this.state.jobs.get(id as DumpId)?.mode
    return mode?.kind === 'running' ? mode.dumper : undefined
  }

  #judge(): void {
    const all = [...this.running.values()]
    assert.ok(all.length <= this.limits.parallelDumps)
    assert.ok(all.filter(({ to }) => to === 'volume').length + (this.taping === undefined ? 0 : 1) <= 1)
    for (const { spec } of all) {
      const ofHost = all.filter((other) => other.spec.host === spec.host)
      assert.ok(ofHost.length <= Math.max(...ofHost.map((other) => other.spec.maxDumps)))
      if (spec.spindle !== -1) assert.equal(ofHost.filter((other) => other.spec.spindle === spec.spindle).length, 1)
    }
    const wan = all.filter(({ spec }) => spec.interface === 'wan')
    if (wan.length > 1) assert.ok(wan.reduce((sum, { spec }) => sum + (this.state.jobs.get(spec.id)?.rateKib ?? 1024), 0) <= 2000)
    const pieces = [...all.flatMap((writing) => writing.pieces), ...[...this.held.values()].flat()]
    for (const [disk, capacity] of this.#capacities.entries()) assert.ok(pieces.reduce((sum, piece) => (piece.disk === disk ? sum + piece.bytes : sum), 0) <= capacity, 'a holding disk was promised twice')
  }

  /** One thing that can happen next; false when nothing can. */
  next(): boolean {
    const open = [...this.running].filter(([, { isWaiting, isAborted, isRefused }]) => !isWaiting || isAborted || isRefused)
    if (this.roll(150) === 1) this.take({ kind: 'cancel', fault: { code: 'cancelled', message: 'stop', retry: 'now' }, ...(this.roll(2) === 0 ? {} : { ids: [...this.#specs.keys()].slice(0, 3) as DumpId[] }) })
    else if (this.taping !== undefined && (open.length === 0 || this.roll(2) === 0)) this.#endTape(this.taping)
    else if (open.length > 0) this.#goOn(...(open[this.roll(open.length)] ?? assert.fail()))
    else {
      const atMs = Math.min(...this.#wakeMs)
      if (!Number.isFinite(atMs)) return false
      this.#wakeMs = this.#wakeMs.filter((one) => one > atMs)
      this.nowMs = Math.max(this.nowMs, atMs)
      this.take({ kind: 'tick' })
    }
    return true
  }

  #goOn(id: string, writing: Writing): void {
    const { to, pieces, bytes, isRefused, isAborted } = writing
    const has = pieces.reduce((sum, piece) => sum + piece.bytes, 0)
    const isFailing = isAborted || isRefused || this.roll(10) === 0
    if (to === 'holding' && has < bytes && !isFailing) {
      writing.isWaiting = true
      this.take({ kind: 'holding-room', disks: this.#rooms() })
      return this.take({ kind: 'room-wanted', id: id as DumpId })
    }
    const code = isRefused ? 'holding-full' : isAborted ? 'cancelled' : (['holding-full', 'x', 'no-volume'][this.roll(3)] ?? 'x')
    this.running.delete(id)
    if (isFailing) {
      const keeps = to === 'holding' && code !== 'holding-full' && this.roll(3) === 0
      if (keeps) this.held.set(id, pieces)
      return this.#after({ kind: 'dump-ended', id: id as DumpId, result: { kind: 'failed', fault: { code, message: 'why', retry: this.roll(4) === 0 ? 'never' : 'later' }, ...(keeps ? { partialPath: `/${id}` } : {}), isVolumeFault: code === 'no-volume' && to === 'volume' } })
    }
    if (to === 'holding') this.held.set(id, pieces)
    if (to === 'volume') this.#fill(bytes)
    this.#after({ kind: 'dump-ended', id: id as DumpId, result: to === 'vault' ? { kind: 'stored' } : to === 'volume' ? { kind: 'taped' } : { kind: 'held', path: `/${id}`, bytes } })
  }

  #fill(bytes: number): void {
    if (!this.#hasVolume) {
      this.#volumes += 1
      assert.ok(this.#volumes <= (this.limits.volumesPerRun ?? Number.POSITIVE_INFINITY), 'a volume too many')
      this.take({ kind: 'volume-started' })
    }
    this.#hasVolume = this.roll(4) !== 0
    this.take({ kind: 'volume-filled', bytes })
    if (!this.#hasVolume) this.take({ kind: 'volume-ended' })
  }

  #endTape(id: string): void {
    this.taping = undefined
    const roll = this.roll(12)
    const code = roll === 0 ? 'no-volume' : 'holding-damaged'
    const result: TapeResult = roll < 2 ? { kind: 'failed', fault: { code, message: 'why', retry: 'later' } } : roll === 2 ? { kind: 'skipped', reason: 'partial' } : { kind: 'taped', isPartial: false }
    if (result.kind === 'taped') {
      this.#fill(MIB)
      this.held.delete(id)
    }
    this.#after({ kind: 'tape-ended', id: id as DumpId, result })
  }

  #after(event: DriverEvent): void {
    this.take({ kind: 'holding-room', disks: this.#rooms() })
    this.take(event)
  }
}

test('property: limits hold, no room is given twice, every dump ends once with a reason, and something always goes on', () => {
  const dice = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 300, maxLength: 300 })
  const capacities = fc.array(fc.integer({ min: 0, max: 60 * MIB }), { maxLength: 3 })
  fc.assert(
    fc.property(limits, specs, fc.integer({ min: 0, max: 3 }), capacities, dice, (given, shapes, heldCount, sizes, rolls) => {
      const jobs = shapes.map((shape, index) => ({ ...shape, id: String(index) as DumpId }))
      const world = new World(given, jobs, Math.min(heldCount, jobs.length), sizes, rolls)
      for (let steps = 0; !world.hasEnded; steps++) {
        assert.ok(steps < STEPS_MAX, 'the run does not end')
        assert.ok(world.next(), 'nothing runs and nothing will wake it')
      }
      assert.equal(world.running.size, 0)
      for (const spec of jobs) assert.equal(world.ends.get(spec.id), 1)
    }),
    { numRuns: 600 },
  )
})
