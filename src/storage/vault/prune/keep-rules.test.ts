import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeepRules, VaultDump } from '../contract.ts'
import { planKeeping } from './keep-rules.ts'

function dumpOf(run: string, over: Partial<VaultDump> = {}): VaultDump {
  return { manifest: `${over.disk ?? '/'}-${run}-${over.level ?? 0}`, host: 'h', disk: '/', run, level: 0, baseRun: undefined, domain: '', maker: 'archive', header: '', startedMs: 0, endedMs: 0, nativeBytes: 0, nativeCrc: '', members: 0, addedBytes: 0, recipeBytes: 0, verifiedMs: undefined, tags: [], isPinned: false, ...over }
}

/** A run a day at two o'clock, `count` days up to 27 November 2026. */
function nightly(count: number, over: Partial<VaultDump> = {}): readonly VaultDump[] {
  return Array.from({ length: count }, (_none, ago) => dumpOf(new Date(Date.UTC(2026, 10, 27 - ago, 2)).toISOString().replaceAll(/\D/g, '').slice(0, 14), over))
}

const NOW_MS = Date.UTC(2026, 10, 27, 12)
const keptRuns = (dumps: readonly VaultDump[], rules: KeepRules): readonly string[] => planKeeping(dumps, rules, NOW_MS).kept.map(({ dump }) => dump.run.slice(0, 8))

test('the last so many stay, and those of the last days', () => {
  assert.deepEqual(keptRuns(nightly(10), { last: 2 }), ['20261127', '20261126'])
  assert.deepEqual(keptRuns(nightly(10), { days: 3 }), ['20261127', '20261126', '20261125'])
})

test('days, weeks, months and years keep the newest of each', () => {
  assert.deepEqual(keptRuns(nightly(400), { daily: 2, weekly: 3, monthly: 3, yearly: 2 }), ['20261127', '20261126', '20261122', '20261115', '20261031', '20260930', '20251231'])
})

test('without a rule nothing goes, and the newest of a disk never does', () => {
  assert.equal(planKeeping(nightly(5), {}, NOW_MS).removed.length, 0)
  assert.equal(planKeeping(nightly(5), { last: 0, days: 0 }, NOW_MS).removed.length, 0)
  assert.deepEqual(keptRuns([dumpOf('20200101020000'), dumpOf('20190101020000')], { days: 1 }), ['20200101'])
})

test('pins and tags keep, each disk for itself', () => {
  const old = dumpOf('20250101020000', { isPinned: true })
  const tagged = dumpOf('20250201020000', { tags: ['audit'] })
  const other = nightly(3, { disk: '/other' })
  const plan = planKeeping([...nightly(3), old, tagged, ...other], { last: 1, tags: ['audit'] }, NOW_MS)
  assert.deepEqual(plan.kept.map(({ dump, why }) => [dump.disk, dump.run.slice(0, 8), why]), [
    ['/', '20261127', 'newest of its disk, last 1 of 1'],
    ['/', '20250201', 'tag audit'],
    ['/', '20250101', 'pinned'],
    ['/other', '20261127', 'newest of its disk, last 1 of 1'],
  ])
  assert.equal(plan.removed.length, 4)
})

test('what a kept level builds on stays, down to the whole dump', () => {
  const whole = dumpOf('20261120020000')
  const first = dumpOf('20261121020000', { level: 1, baseRun: '20261120020000' })
  const second = dumpOf('20261122020000', { level: 2, baseRun: '20261121020000' })
  const aside = dumpOf('20261119020000')
  const { kept, removed } = planKeeping([second, first, whole, aside], { last: 1 }, NOW_MS)
  assert.deepEqual(kept.map(({ dump }) => dump.run), [second.run, first.run, whole.run])
  assert.deepEqual(removed.map(({ dump }) => dump.run), [aside.run])
})
