import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DumpRecord, DumpStatus } from '../catalog/contract.ts'
import { dumpId, runId } from '../catalog/ids.ts'
import { Fault } from '../kernel/fault.ts'
import { planRestore } from './plan.ts'

function dump(day: number, level: number, baseDay?: number, status: DumpStatus = 'complete'): DumpRecord {
  const run = runId(`202601${String(day).padStart(2, '0')}000000`)
  const base = baseDay === undefined ? {} : { baseRun: runId(`202601${String(baseDay).padStart(2, '0')}000000`) }
  return { id: dumpId(run, 'h', '/d', level), run, host: 'h', disk: '/d', level, ...base, status, startedMs: 0, nativeBytes: 0, storedBytes: 0, attempts: 1 }
}

const WISH = { host: 'h', disk: '/d' }

test('the chain of the newest dump at or before the date', () => {
  const dumps = [dump(1, 0), dump(2, 1, 1), dump(3, 2, 2), dump(4, 1, 1), dump(5, 0, undefined, 'partial'), dump(6, 0, undefined, 'failed')]
  assert.deepEqual(planRestore(dumps, WISH), [dumps[0], dumps[3]])
  assert.deepEqual(planRestore(dumps, { ...WISH, notAfter: runId('20260103235959') }), [dumps[0], dumps[1], dumps[2]])
  assert.deepEqual(planRestore(dumps, { ...WISH, dump: dumps[4]?.id ?? dump(5, 0).id }), [dumps[4]], 'a partial dump by its name')
  assert.throws(() => planRestore(dumps, { ...WISH, notAfter: runId('20251231000000') }), { code: 'dump-missing', message: /oldest is of 20260101000000/ })
  assert.throws(() => planRestore(dumps, { host: 'x', disk: '/d' }), { code: 'dump-missing' })
})

test('a missing link is named, and the newest date that is whole', () => {
  const dumps = [dump(1, 0), dump(2, 1, 1), dump(4, 2, 3)]
  assert.throws(() => planRestore(dumps, WISH), { code: 'dump-missing', message: /needs the dump of 20260103000000/, next: /20260102000000/ })
})

test('without base runs the newest lower level counts', () => {
  const dumps = [dump(1, 0), dump(2, 1), dump(3, 2), dump(4, 1)]
  assert.deepEqual(planRestore(dumps, WISH).map(({ run, level }) => `${run.slice(6, 8)}:${level}`), ['01:0', '04:1'])
})

test('every plan begins with a full, rises in level and time, and each is made on the one before', () => {
  const anyDump = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 4 }), fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }), fc.constantFrom<DumpStatus>('complete', 'partial', 'failed', 'running'))
  fc.assert(
    fc.property(fc.array(anyDump, { maxLength: 25 }), fc.integer({ min: 1, max: 20 }), (specs, day) => {
      const dumps = specs.map(([at, level, base, status]) => dump(at, level, level === 0 ? undefined : base === undefined ? undefined : Math.min(base, at), status))
      const notAfter = dump(day, 0).run
      let plan: readonly DumpRecord[]
      try {
        plan = planRestore(dumps, { ...WISH, notAfter })
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'dump-missing')
        return
      }
      const newest = dumps.filter((each) => each.status === 'complete' && each.run <= notAfter).map((each) => each.run).toSorted((a, b) => (a < b ? 1 : -1))[0]
      assert.equal(plan.at(-1)?.run, newest)
      assert.equal(plan[0]?.level, 0)
      for (const [index, each] of plan.entries()) {
        assert.equal(each.status, 'complete')
        const before = plan[index - 1]
        if (before === undefined) continue
        assert.ok(before.level < each.level && before.run <= each.run)
        if (each.baseRun !== undefined) assert.equal(before.run, each.baseRun)
      }
    }),
  )
})
