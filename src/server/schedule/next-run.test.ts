import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missedRunMs, nextRunMs } from './next-run.ts'

const ZONE = 'Europe/Berlin'
const HOUR = 3_600_000
const DAY = 24 * HOUR
const at = (iso: string): number => Date.parse(iso)
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString())

test('the next run is the first due time after a moment, in the zone that is given', () => {
  assert.equal(iso(nextRunMs('30 1 * * *', ZONE, at('2026-11-24T00:29:59Z'))), '2026-11-24T00:30:00.000Z')
  assert.equal(iso(nextRunMs('30 1 * * *', ZONE, at('2026-11-24T00:30:00Z'))), '2026-11-25T00:30:00.000Z')
  assert.equal(nextRunMs('0 0 30 2 *', 'UTC', at('2026-11-24T00:00:00Z')), undefined)
  assert.throws(() => nextRunMs('every night', undefined, 0), { code: 'config-invalid' })
})

test('an hour that does not exist in spring still has its run, one that comes twice in autumn has one', () => {
  const spring = [nextRunMs('30 2 * * *', ZONE, at('2026-03-28T12:00:00Z')), nextRunMs('30 2 * * *', ZONE, at('2026-03-29T12:00:00Z'))]
  assert.ok((spring[0] ?? 0) >= at('2026-03-29T00:00:00Z') && (spring[0] ?? 0) <= at('2026-03-29T02:00:00Z'), String(iso(spring[0])))
  assert.equal(iso(spring[1]), '2026-03-30T00:30:00.000Z')
  let runs = 0
  for (let afterMs: number = at('2026-10-24T12:00:00Z'); ; runs++) {
    const next: number | undefined = nextRunMs('30 2 * * *', ZONE, afterMs)
    if (next === undefined || next >= at('2026-10-25T12:00:00Z')) break
    afterMs = next
  }
  assert.equal(runs, 1)
})

test('missed runs are made up for once, unless they are too old', () => {
  const last = at('2026-11-20T01:30:00Z')
  const due = (nowMs: number, catchUpMs: number): string | undefined => iso(missedRunMs('30 1 * * *', 'UTC', last, nowMs, catchUpMs))
  assert.equal(due(at('2026-11-21T01:29:00Z'), DAY), undefined)
  assert.equal(due(at('2026-11-21T09:00:00Z'), DAY), '2026-11-21T01:30:00.000Z')
  assert.equal(due(at('2026-11-21T09:00:00Z'), HOUR), undefined)
  assert.equal(due(at('2026-11-24T09:00:00Z'), DAY), '2026-11-24T01:30:00.000Z')
})
