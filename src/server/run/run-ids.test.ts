import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runId } from '../../catalog/ids.ts'
import { RunIds } from './run-ids.ts'

const HOUR_MS = 3_600_000
const CHANGE_MS = Date.UTC(2026, 9, 25, 1)

/** Berlin around the end of summer time 2026: two hours before UTC's 01:00, one after it. */
function berlin(wallMs: number): string {
  return new Date(wallMs + (wallMs < CHANGE_MS ? 2 : 1) * HOUR_MS).toISOString().replace(/\D/g, '').slice(0, 14)
}

test('the hour that comes twice gives no id twice and none that sorts before an older one', () => {
  const ids = new RunIds(berlin)
  const given = [-1, 0, 1, 2].map((hours) => ids.next(CHANGE_MS + (hours - 0.5) * HOUR_MS))
  assert.deepEqual(given, ['20261025013000', '20261025023000', '20261025023001', '20261025033000'])
})

test('after a restart ids go on above the last one, also when the clock was set back', () => {
  const ids = new RunIds(berlin)
  ids.note(runId('20270101000000'))
  assert.equal(ids.next(CHANGE_MS), '20270101000001')
})

test('property: whatever the clock says, ids grow and have 14 digits', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2100, 0) }), { maxLength: 30 }), (times) => {
      const ids = new RunIds()
      const given = times.map((wallMs) => ids.next(wallMs))
      assert.ok(given.every((id) => /^\d{14}$/.test(id)))
      assert.deepEqual(given, [...new Set(given)].toSorted())
    }),
  )
})
