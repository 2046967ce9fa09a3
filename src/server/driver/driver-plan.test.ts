import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DumpId, DumpRecord } from '../../catalog/contract.ts'
import type { DirectoriesConfig, ResolvedConfig } from '../../config/resolved.ts'
import { parseServerConfig } from '../../config/server-config.ts'
import { isFlushedAlong, jobSpecOf, limitsOf, volumeNewsOf } from './driver-plan.ts'

const DIRECTORIES: DirectoriesConfig = { state: '/s', cache: '/c', run: '/r', log: '/l' }
const HOUR_MS = 3_600_000

function configOf(text: string): ResolvedConfig {
  const outcome = parseServerConfig(text, 'f', DIRECTORIES)
  assert.ok(outcome.kind === 'config', JSON.stringify(outcome.problems))
  return outcome.config
}

const CONFIG = configOf(`
storage: {directory: /b, volume-size: 10 MiB, volumes-per-run: 3, flush: {dumped: 50, order: last, earlier: selected}}
interfaces: {wan: {use: 2 MiB}}
limits: {parallel-dumps: 7, retries: 1, dump-order: sT, holding-reserve: 30}
hosts: {a: [{disk: /x, interface: wan, start-time: "20:15", retries: 3}, /y]}
`)

test('limits are those of the configuration; a flush that was asked for keeps only the order', () => {
  const shared = { parallelDumps: 7, retries: 1, interfaces: new Map([['wan', 2048]]), dumpOrder: 'sT', reservePercent: 30, volumeBytes: 10 * 2 ** 20, volumesPerRun: 3 }
  const { flush, ...rest } = limitsOf(CONFIG, false)
  assert.deepEqual([rest, flush?.dumpedPercent, flush?.order], [shared, 50, 'last'])
  assert.deepEqual(limitsOf(CONFIG, true).flush, { dumpedPercent: 0, scheduledPercent: 0, restPercent: 0, order: 'last' })
  assert.deepEqual(limitsOf(configOf('storage: {kind: vault, directory: /b}\nhosts: {a: [/x]}'), false), { parallelDumps: 4, retries: 2, interfaces: new Map() })
})

test('a job has what its disk says, sizes after filters, and its start time on the clock of the driver', () => {
  const [entry, plain] = CONFIG.disklist
  assert.ok(entry !== undefined && plain !== undefined)
  const history = [{ nativeBytes: 1000, storedBytes: 500 } as DumpRecord]
  const wallMs = new Date(2026, 10, 27, 19, 15).getTime()
  const context = { id: 'x' as DumpId, history, isForVault: false, now: { wallMs, monotonicMs: 5 } }
  const dump = { entry, level: 0, estimatedBytes: 3000, reason: '', priority: 2, rateKib: 40, degraded: { level: 1, estimatedBytes: 200, rateKib: 9 } }
  const spec = jobSpecOf(dump, context)
  assert.deepEqual([spec.estimatedBytes, spec.rateKib, spec.priority, spec.interface, spec.retries, spec.notBeforeMs], [1500, 40, 2, 'wan', 3, 5 + HOUR_MS])
  assert.deepEqual(spec.degraded, { level: 1, estimatedBytes: 100, rateKib: 9 })
  assert.equal(jobSpecOf(dump, { ...context, now: { wallMs: wallMs + 2 * HOUR_MS, monotonicMs: 5 } }).notBeforeMs, 5)
  assert.deepEqual(jobSpecOf({ ...dump, entry: plain, degraded: { message: 'new disk' }, estimatedBytes: undefined }, context), {
    id: 'x', host: 'a', spindle: -1, maxDumps: 1, holding: 'auto', level: 0, priority: 2, estimatedBytes: undefined, rateKib: 40, degraded: { message: 'new disk' },
  })
})

test('dumps of earlier runs are taken along as the storage says', () => {
  const along = (earlier: string): boolean[] => [true, false].map((isSelected) => isFlushedAlong(configOf(`storage: {directory: /b, flush: {earlier: ${earlier}}}\nhosts: {a: [/x]}`), isSelected))
  assert.deepEqual([along('all'), along('selected'), along('none')], [[true, true], [true, false], [false, false]])
  assert.equal(isFlushedAlong(configOf('storage: {directory: /b}\nhosts: {a: [/x]}'), false), true)
})

test('the driver hears of volumes and what is on them', () => {
  assert.deepEqual(volumeNewsOf({ kind: 'volume-ended', label: 'x', bytes: 1, files: 1, message: '' }), { kind: 'volume-ended' })
  assert.deepEqual(volumeNewsOf({ kind: 'part-written', part: { dump: 'x' as DumpId, partNumber: 1, label: 'x', fileNumber: 1, bytes: 77 }, host: 'h', disk: 'd', level: 0 }), { kind: 'volume-filled', bytes: 77 })
  assert.equal(volumeNewsOf({ kind: 'progress', record: 'x' as DumpId, bytes: 1 }), undefined)
})
