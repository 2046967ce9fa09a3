import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DumpId, DumpRecord, RunId } from '../../catalog/contract.ts'
import type { DiskListEntry } from '../../config/resolved.ts'
import type { PlannerDisk, PlannerInput } from './contract.ts'
import { baseOf } from './history.ts'
import { catalogPlanner, levelsToEstimate } from './catalog-planner.ts'

const DAY_MS = 86_400_000
const NOW_MS = 100 * DAY_MS
const MIB = 2 ** 20

function entry(changes: Partial<DiskListEntry> = {}): DiskListEntry {
  return {
    host: 'a', disk: '/d', device: '/d', dumptype: 'd', application: { name: 'gnutar', properties: {} }, compress: { kind: 'none' }, encrypt: { kind: 'none' }, excludeFiles: [],
    excludeLists: [], includeFiles: [], includeLists: [], listsOptional: true, priority: 'medium', strategy: 'standard', dumpCycleDays: 7, spindle: -1, maxDumps: 1, holding: 'auto',
    index: true, record: true, estimate: 'client', partBytes: undefined, scripts: [], ...changes,
  }
}

/** Newest first; `[days ago, level, MiB]` each. */
function past(...dumps: readonly (readonly [number, number, number])[]): DumpRecord[] {
  return dumps.map(([days, level, mib]) => ({
    id: `${days}` as DumpId, run: String(20260101000000 + (100 - days)) as RunId, host: 'a', disk: '/d', level, status: 'complete', outcome: 'good',
    startedMs: NOW_MS - days * DAY_MS, nativeBytes: mib * MIB, storedBytes: mib * MIB, attempts: 1,
  }))
}

function disk(changes: Partial<PlannerDisk> = {}): PlannerDisk {
  return { entry: entry(), history: [], estimates: new Map(), ...changes }
}

const RULES = { run: '20260411000000' as RunId, nowMs: NOW_MS, runsPerCycle: 7, dumpCycleDays: 7, bump: { bytes: 10 * MIB, percent: 0, multiplier: 2, days: 1 }, capacityBytes: undefined }

function plan(disks: readonly PlannerDisk[], changes: Partial<PlannerInput> = {}): ReturnType<typeof catalogPlanner> {
  return catalogPlanner({ ...RULES, disks, ...changes })
}

test('a new disk gets a full dump, a young one an incremental on it, an old one a full again', () => {
  assert.equal(plan([disk()]).dumps[0]?.level, 0)
  const young = past([1, 0, 100])
  assert.deepEqual([plan([disk({ history: young })]).dumps[0]?.level, plan([disk({ history: young })]).dumps[0]?.baseRun], [1, young[0]?.run])
  assert.match(plan([disk({ history: past([7, 0, 100]) })]).dumps[0]?.reason ?? '', /^full is due/)
})

test('the level is bumped only when it saves enough and has lasted long enough', () => {
  const history = past([1, 1, 50], [2, 0, 100])
  assert.equal(plan([disk({ history, estimates: new Map([[1, 50 * MIB], [2, 45 * MIB]]) })]).dumps[0]?.level, 1)
  assert.equal(plan([disk({ history, estimates: new Map([[1, 50 * MIB], [2, 5 * MIB]]) })]).dumps[0]?.level, 2)
  assert.equal(plan([disk({ history, estimates: new Map([[1, 50 * MIB], [2, 5 * MIB]]) })], { bump: { bytes: 1, percent: 0, multiplier: 1, days: 2 } }).dumps[0]?.level, 1)
})

test('an unreachable host fails with its reason; a host without an estimate is planned from the past', () => {
  const fault = { code: 'agent-unreachable', message: 'gone', isUnreachable: true } as const
  assert.equal(plan([disk({ estimateFault: fault })]).skips[0]?.code, 'agent-unreachable')
  assert.equal(plan([disk({ history: past([1, 0, 1]), estimateFault: { ...fault, isUnreachable: false } })]).dumps.length, 1)
})

test('a disk whose client has no base any more gets a full dump at once', () => {
  const history = past([1, 0, 100])
  const [planned] = plan([disk({ history, estimates: new Map([[0, 90 * MIB]]), impossible: new Set([1]) })]).dumps
  assert.deepEqual([planned?.level, planned?.estimatedBytes, planned?.reason], [0, 90 * MIB, 'the client has no base for level 1'])
  assert.equal(plan([disk({ history, estimates: new Map([[0, 90 * MIB]]), impossible: new Set([2]) })]).dumps[0]?.level, 1)
})

test('a full that does not fit becomes an incremental', () => {
  const planned = plan([disk({ history: past([8, 0, 100]) })], { capacityBytes: 50 * MIB })
  assert.equal(planned.dumps[0]?.level, 1)
  assert.ok(planned.notes.some((note) => note.includes('delayed')))
})

test('many fulls that fall on one day are spread', () => {
  const disks = ['1', '2', '3', '4'].map((name) => disk({ entry: entry({ disk: name }), history: past([3, 0, 100]) }))
  const fulls = plan(disks, { runsPerCycle: 4 }).dumps.filter(({ level }) => level === 0)
  assert.equal(fulls.length, 1)
})

test('property: every disk is planned or skipped once, and an incremental has its base', () => {
  const shape = fc.record({
    strategy: fc.constantFrom('standard' as const, 'noinc' as const, 'nofull' as const, 'incronly' as const, 'skip' as const),
    forced: fc.option(fc.constantFrom('full' as const, 'incremental' as const, 2), { nil: undefined }),
    levels: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 8 }),
    sizes: fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 4, maxLength: 4 }),
    capacity: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(shape, { maxLength: 6 }), (shapes) => {
      const disks = shapes.map(({ strategy, forced, levels, sizes }, index) =>
        disk({ entry: entry({ disk: String(index), strategy }), history: past(...levels.map((level, age) => [age + 1, level, 10] as const)), estimates: new Map(sizes.map((mib, level) => [level, mib * MIB])), ...(forced === undefined ? {} : { forced }) }),
      )
      const capacity = shapes[0]?.capacity
      const planned = plan(disks, { capacityBytes: capacity === undefined ? undefined : capacity * MIB })
      assert.deepEqual([...planned.dumps, ...planned.skips].map((one) => one.entry.disk).toSorted(), disks.map((one) => one.entry.disk))
      for (const dump of planned.dumps) {
        assert.ok(dump.reason.length > 0)
        const history = disks.find((one) => one.entry.disk === dump.entry.disk)?.history ?? []
        assert.equal(dump.baseRun, dump.level === 0 ? undefined : baseOf(history, dump.level)?.run)
        if (dump.level > 0 && dump.entry.strategy !== 'nofull') assert.notEqual(dump.baseRun, undefined)
      }
    }),
  )
})

test('a disk whose dumps are cut at their source is whole every time, whatever its strategy and the level that was asked for', () => {
  const history = past([1, 0, 100])
  for (const forced of [undefined, 'incremental', 3] as const) {
    const [dump] = plan([disk({ history, isWhole: true, ...(forced === undefined ? {} : { forced }) }), disk({ entry: entry({ strategy: 'nofull' }), isWhole: true })], { capacityBytes: 1 }).dumps
    assert.deepEqual([dump?.level, dump?.estimatedBytes, dump?.baseRun], [0, 100 * MIB, undefined])
  }
  assert.deepEqual(levelsToEstimate(disk({ history, isWhole: true }), RULES), [])
  assert.equal(plan([disk({ entry: entry({ strategy: 'skip' }), isWhole: true })]).skips[0]?.kind, 'skipped')
})
