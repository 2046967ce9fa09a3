import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runId } from '../../catalog/ids.ts'
import type { DiskListEntry } from '../../config/resolved.ts'
import { parseInfo } from '../../wire/amanda/curinfo.ts'
import { formatRunLogEntry } from '../../wire/amanda/run-log.ts'
import type { PlannerDisk } from './contract.ts'
import { CurinfoPlanner } from './curinfo-planner.ts'

const ENTRY: DiskListEntry = {
  host: 'h', auth: 'bsdtcp', disk: '/old', device: '/old', dumptype: 't', application: { name: 'gnutar', properties: {} }, compress: { kind: 'none' }, encrypt: { kind: 'none' }, excludeFiles: [], excludeLists: [], includeFiles: [],
  includeLists: [], listsOptional: true, priority: 'medium', strategy: 'standard', dumpCycleDays: 7, spindle: -1, maxDumps: 1, holding: 'auto', index: true, record: true, estimate: 'client', partBytes: undefined, scripts: [],
}
const NEW = { ...ENTRY, disk: '/new' }
const DOWN = { ...ENTRY, host: 'down', disk: '/x' }
const NOW_S = Date.UTC(2026, 10, 27, 20) / 1000
const INFO = parseInfo(`version: 0\ncommand: 0\nfull-rate: 100\nfull-comp:\nincr-rate:\nincr-comp:\nstats: 0 1000 1000 1 ${NOW_S - 86_400} 1 LAB01\nlast_level: 0 1\nhistory: 0 1000 1000 ${NOW_S - 86_400} 1\n//\n`)
const BUMP = { bytes: 10 * 1024 * 1024, percent: 0, multiplier: 1.5, days: 2 }
const CYCLE = { dumpCycleDays: 7, runsPerCycle: 7, runTapes: 1, tapeKib: 200_000, filemarkKib: 1, blockKib: 32, maxDumpKib: undefined, mustFit: true }

function planner(): CurinfoPlanner {
  return new CurinfoPlanner({ datestamp: '20261127200000', nowS: NOW_S, cycle: CYCLE, tapes: { tapelist: [], retainedTapes: 14 }, disks: [{ entry: ENTRY, info: INFO }, { entry: NEW, info: undefined }, { entry: DOWN, info: undefined }], bump: BUMP })
}

function disk(entry: DiskListEntry, sizes: readonly (readonly [number, number])[], more: Partial<PlannerDisk> = {}): PlannerDisk {
  return { entry, history: [], estimates: new Map(sizes.map(([level, kib]) => [level, kib * 1024])), ...more }
}

test('levels follow the memory, words are those of stock, and a client that is down is left out with both lines', () => {
  const planning = planner()
  assert.deepEqual([ENTRY, NEW, DOWN].map((entry) => planning.levelsOf(entry)), [[0, 1], [0], [0]])
  assert.equal(planning.setUpTrace.filter((line) => line.startsWith('setup_estimate: ')).length, 3)
  const fault = { code: 'agent-unreachable', message: 'Connection refused', isUnreachable: true } as const
  const plan = planning.plan({ run: runId('20261127200000'), nowMs: NOW_S * 1000, runsPerCycle: 7, dumpCycleDays: 7, bump: BUMP, capacityBytes: undefined, disks: [disk(ENTRY, [[0, 1000], [1, 40]]), disk(NEW, [[0, 500]]), disk(DOWN, [], { estimateFault: fault })] })
  assert.deepEqual(plan.dumps.map(({ entry, level, estimatedBytes }) => [entry.disk, level, (estimatedBytes ?? 0) / 1024]), [['/new', 0, 500], ['/old', 1, 40]])
  assert.deepEqual(plan.skips.map(({ entry, kind, code, isLogged }) => [entry.host, kind, code, isLogged]), [['down', 'failed', 'agent-unreachable', true]])
  const log = (plan.words?.entries ?? []).map(formatRunLogEntry)
  assert.ok(log.includes('ERROR planner Request to down failed: Connection refused\n'), log.join(''))
  assert.ok(log.includes('FAIL planner down /x 20261127200000 0 "[Request to down failed: Connection refused]"\n'), log.join(''))
  assert.deepEqual(plan.words?.results, ['got result for host h disk /old: 0 -> 1000K, 1 -> 40K, -1 -> -3K', 'got result for host h disk /new: 0 -> 500K, -1 -> -3K, -1 -> -3K', 'error result for host down disk /x: Request to down failed: Connection refused'])
  assert.deepEqual(plan.words?.schedule.map(({ disk: name, level, storedKib }) => [name, level, storedKib]), [['/new', 0, 500], ['/old', 1, 40]])
})

test('a disk that is left to the server is looked up, and one that no level is known of fails by itself', () => {
  const planning = planner()
  const server = { ...ENTRY, estimate: 'server' as const }
  const plan = planning.plan({ run: runId('20261127200000'), nowMs: NOW_S * 1000, runsPerCycle: 7, dumpCycleDays: 7, bump: BUMP, capacityBytes: undefined, disks: [disk(server, []), disk(NEW, [])] })
  assert.deepEqual(plan.dumps.map(({ entry }) => entry.disk), ['/old'])
  assert.deepEqual(plan.skips.map(({ entry, reason }) => [entry.disk, reason]), [['/new', 'disk /new, all estimate failed']])
})
