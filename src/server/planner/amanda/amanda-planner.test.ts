import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INFO_COMMANDS, type DiskInfo } from '../../../wire/amanda/curinfo.ts'
import { planRun, setUpRun, type Schedule } from './amanda-planner.ts'
import type { CycleFacts, DiskFacts, DleFacts } from './facts.ts'
import { estimateOnServer } from './server-estimate.ts'
import { runsUntilOverwritten } from './tape-turn.ts'

const DAY_S = 86_400
const NOW_S = 20_000 * DAY_S
const CYCLE: CycleFacts = { dumpCycleDays: 7, runsPerCycle: 7, runTapes: 1, tapeKib: Infinity, filemarkKib: 0, blockKib: 32, maxDumpKib: undefined, mustFit: true }

function dle(host: string, disk: string, changes: Partial<DleFacts> = {}): DleFacts {
  return {
    host, disk, priority: 1, strategy: 'standard', dumpCycleDays: 7, maxPromoteDay: 10_000, bump: { days: 2, kib: 10_240, percent: 0, multiplier: 1.5 }, expectedRatios: undefined,
    isFullSkipped: false, isIncrementalSkipped: false, isSplit: true, levelMax: 9, ...changes,
  }
}

function dumped(days: number, level = 1, kib = 1000): DiskInfo {
  const one = (at: number, age: number, sizeKib: number) => ({ level: at, sizeKib, storedKib: sizeKib, seconds: 1, dateS: NOW_S - age * DAY_S })
  return { command: 0, full: { rates: [], ratios: [] }, incremental: { rates: [], ratios: [] }, stats: level === 0 ? [one(0, days, kib)] : [one(0, days, kib), one(level, 1, kib / 10)], last: { level, runs: 1 }, history: [] }
}

function plan(disks: readonly DiskFacts[], cycle: Partial<CycleFacts> = {}, nowS = NOW_S): Schedule {
  const facts = { datestamp: '20241004000000', nowS, cycle: { ...CYCLE, ...cycle }, tapes: undefined, disks }
  const setUp = setUpRun(facts)
  return planRun(facts, setUp, setUp.plans.map((one) => ({ plan: one, sizes: new Map(one.asked.map((level) => [level, level === 0 ? 1000 : 100])) })))
}

const levels = (schedule: Schedule): string[] => schedule.dumps.map(({ dle: { disk }, level }) => `${disk} ${level}`)

test('a tape that is too small keeps the full dump of highest priority and delays the youngest first', () => {
  const disks = [dumped(7), dumped(9), dumped(8)].map((info, index) => ({ dle: dle('h', `/${index}`), info }))
  const schedule = plan(disks, { tapeKib: 2400 })
  assert.deepEqual(levels(schedule).toSorted(), ['/0 1', '/1 0', '/2 0'])
  assert.ok(schedule.entries.some(({ text }) => text.includes('full dump delayed, doing incremental')))
})

test('what does not fit at all is left out, unless it may wait on the holding disk', () => {
  const disks = [{ dle: dle('h', '/new'), info: undefined }]
  assert.deepEqual(plan(disks, { tapeKib: 500 }).leftOut.map(({ kind }) => kind), ['failed'])
  assert.deepEqual(levels(plan(disks, { tapeKib: 500, mustFit: false })), ['/new 0'])
})

test('skip-full and skip-incr leave a disk out by turns, and skip-full remembers the day', () => {
  const due = plan([{ dle: dle('h', '/', { isFullSkipped: true }), info: dumped(7) }])
  assert.deepEqual([due.leftOut[0]?.message, due.leftOut[0]?.info?.stats[0]?.dateS], ['skip-full', NOW_S])
  assert.deepEqual(levels(plan([{ dle: dle('h', '/', { isIncrementalSkipped: true }), info: dumped(7) }])), ['/ 0'])
  assert.equal(plan([{ dle: dle('h', '/', { isIncrementalSkipped: true }), info: dumped(2) }]).leftOut[0]?.message, 'skip-incr')
})

test('full dumps of one day are spread over three cycles until every night has its share', () => {
  let disks: DiskFacts[] = Array.from({ length: 28 }, (_, index) => ({ dle: dle(`h${index % 7}`, `/${index}`), info: dumped(1, 0) }))
  const fulls: number[] = []
  for (let night = 0; night < 21; night++) {
    const nowS = NOW_S + night * DAY_S
    const made = new Map(plan(disks, {}, nowS).dumps.map((dump) => [dump.dle.disk, dump.level]))
    fulls.push([...made.values()].filter((level) => level === 0).length)
    disks = disks.map((disk) => {
      const level = made.get(disk.dle.disk) ?? 1
      const before = disk.info?.stats.find((one) => one.level === 0)
      const stats = { level, sizeKib: level === 0 ? 1000 : 100, storedKib: level === 0 ? 1000 : 100, seconds: 1, dateS: nowS }
      return { ...disk, info: { ...dumped(1, 0), stats: level === 0 || before === undefined ? [stats] : [before, stats], last: { level, runs: 1 } } }
    })
  }
  assert.ok(fulls.slice(7).every((count) => count >= 3 && count <= 5), `full dumps by night: ${fulls.join(' ')}`)
})

test('a volume comes round after tapecycle volumes when the tapelist is shorter', () => {
  const tapelist = [{ datestamp: '20241003000000', label: 'T1', isReusable: true, pool: 'p', storage: 's', config: 'c' }]
  assert.equal(runsUntilOverwritten('T1', { tapelist, retainedTapes: 4 }, 2), 2)
})

test('a server estimate of a disk whose memory has lost its last level is a guess', () => {
  const { last, ...info } = dumped(3, 1, 50_000)
  assert.equal(estimateOnServer({ ...info, last: last ?? { level: 1, runs: 1 } }, 1, 1_000_000).isGuess, false)
  assert.equal(estimateOnServer(info, 1, 1_000_000).isGuess, true)
})

test('a new disk with skip-incr has no degraded alternative because it is new', () => {
  const [dump] = plan([{ dle: dle('h', '/', { isIncrementalSkipped: true }), info: undefined }]).dumps
  assert.deepEqual(dump?.degraded, { message: "Skipping: new disk can't be dumped in degraded mode" })
})

test('a disk that may not be split is warned of when its full dump is larger than one volume', () => {
  const warned = (isSplit: boolean) => plan([{ dle: dle('h', '/', { isSplit }), info: dumped(2) }], { tapeKib: 800, runTapes: 2 }).entries.some(({ text }) => text.endsWith('you could allow it to split'))
  assert.deepEqual([warned(false), warned(true)], [true, false])
})

test('an incremental larger than one volume does not stand in for a full dump that no run holds', () => {
  const facts = { datestamp: '20241004000000', nowS: NOW_S, cycle: { ...CYCLE, tapeKib: 450, runTapes: 2 }, tapes: undefined, disks: [{ dle: dle('h', '/'), info: dumped(7) }] }
  const setUp = setUpRun(facts)
  const { leftOut } = planRun(facts, setUp, setUp.plans.map((one) => ({ plan: one, sizes: new Map([[0, 1000], [1, 500]]) })))
  assert.match(leftOut[0]?.message ?? '', /incremental dump also larger than tape$/)
})

test('a full dump that was ordered is preserved in the place of any other', () => {
  const forced = { ...dumped(3), command: INFO_COMMANDS.forceFull }
  const disks = [{ dle: dle('h', '/first', { priority: 9 }), info: dumped(8) }, { dle: dle('h', '/ordered'), info: forced }]
  assert.deepEqual(levels(plan(disks, { tapeKib: 1500 })).toSorted(), ['/first 1', '/ordered 0'])
})

test('of two full dumps that were ordered the first of the schedule is preserved', () => {
  const forced = { ...dumped(3), command: INFO_COMMANDS.forceFull }
  const disks = [{ dle: dle('h', '/low', { priority: 0 }), info: forced }, { dle: dle('h', '/high', { priority: 2 }), info: forced }]
  assert.deepEqual(levels(plan(disks, { tapeKib: 1500 })), ['/high 0'])
})

test('a disk that was never dumped in full keeps its full dump: incrementals go first', () => {
  const disks = [{ dle: dle('h', '/new'), info: undefined }, { dle: dle('h', '/newer'), info: undefined }, { dle: dle('h', '/incremental'), info: dumped(2) }]
  assert.deepEqual(levels(plan(disks, { tapeKib: 2180 })).toSorted(), ['/new 0', '/newer 0'])
})

test('what a run may write in all is no limit of one dump: that is its volumes', () => {
  const [left] = plan([{ dle: dle('h', '/'), info: undefined }], { tapeKib: 400, runTapes: 2, maxDumpKib: 5000 }).leftOut
  assert.match(left?.message ?? '', /^dump estimate \( 1000 KB \) is larger than available tape space \( 800 KB \),/)
  assert.deepEqual(plan([{ dle: dle('h', '/'), info: undefined }], { tapeKib: 4000, maxDumpKib: 500 }).leftOut, [])
})

function history(sizes: readonly (readonly [number, number])[]): DiskInfo {
  const [newest] = sizes
  const runs = sizes.findIndex(([level]) => level !== newest?.[0])
  return { ...dumped(3), stats: [], last: { level: newest?.[0] ?? 0, runs: runs === -1 ? sizes.length : runs }, history: sizes.map(([level, kib], index) => ({ level, sizeKib: kib, storedKib: kib, seconds: 1, dateS: NOW_S - (index + 1) * DAY_S })) }
}

test('the first run at a level tells the server nothing of the next: the last size does', () => {
  const info = history([[2, 4000], [1, 1500], [0, 50_000]])
  assert.equal(estimateOnServer({ ...info, stats: [{ level: 2, sizeKib: 4000, storedKib: 4000, seconds: 1, dateS: NOW_S - DAY_S }] }, 2, 1_000_000).kib, 4000)
  assert.equal(estimateOnServer(info, 2, 1_000_000).isGuess, true)
})

test('a server estimate takes all runs from the thirtieth at a level together', () => {
  const info = history(Array.from({ length: 32 }, (_, index) => [1, index < 3 ? 3000 * (index + 1) : 50_000] as const))
  assert.equal(estimateOnServer(info, 1, 1_000_000).kib, 6000)
})

test('a server estimate looks at a hundred dumps', () => {
  const old = Array.from({ length: 10 }, () => [1, 90_000] as const)
  const info = history([[1, 2000], [1, 3000], [0, 50_000], ...Array.from({ length: 97 }, () => [0, 50_000] as const), ...old])
  assert.equal(estimateOnServer(info, 1, 1_000_000).kib, 2000)
})

test('a level that the client could not tell has no number when it is missed', () => {
  const info = dumped(9, 3)
  const facts = { datestamp: '20241004000000', nowS: NOW_S, cycle: CYCLE, tapes: undefined, disks: [{ dle: dle('h', '/'), info }] }
  const setUp = setUpRun(facts)
  const { trace } = planRun(facts, setUp, setUp.plans.map((one) => ({ plan: one, sizes: new Map([[0, 1000]]) })))
  assert.ok(trace.some((line) => line.endsWith('picklev: no estimate for level -1, so no incs')), trace.join('\n'))
})
