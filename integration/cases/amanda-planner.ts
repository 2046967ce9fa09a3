// Stock Amanda's planner and ours on the same generated configurations, memories and sizes: the same levels, the same schedule, the same
// words in the log and in the trace. Parts are seeds: `amanda-planner:17`, `amanda-planner:1-200`. The part `nights` plays three cycles of 500 disks on 50 clients.

import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { must } from '../lab/must.ts'
import { PlannerNights } from '../lab/planner-nights.ts'
import { plannerWorld, WORLD_NAME, type PlannerWorld } from '../lab/planner-world.ts'
import { STOCK_FEATURES, STOCK_PLANNER_NEEDS, StockPlanner, type StockPlan } from '../lab/stock-planner.ts'
import { planRun, setUpRun, type Estimated, type Schedule } from '../../src/server/planner/amanda/amanda-planner.ts'
import { nameOf } from '../../src/server/planner/amanda/facts.ts'
import { estimateOnServer } from '../../src/server/planner/amanda/server-estimate.ts'
import { formatRunLogEntry } from '../../src/wire/amanda/run-log.ts'
import { unquoteString } from '../../src/wire/amanda/quote.ts'
import { formatScheduledDump, parseScheduledDump } from '../../src/wire/amanda/schedule.ts'

/**
 * Seeds of `npm test`: small ones meet most rules; 84 and 183 delay full dumps that were ordered, 48, 103 and 200 have dumps larger than a volume in a run that may write less or more, 67 plans far
 * more than a run may write, 73, 76 and 147 look far back for sizes, 116 misses the
 * size of a level.
 */
const SEEDS_IN_TEST = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 48, 67, 73, 76, 84, 103, 116, 147, 183, 200]
const NIGHTS_OF_CYCLE = 7
const NIGHTS = 3 * NIGHTS_OF_CYCLE
const PARTS = ['schedule', 'log', 'trace'] as const

function seedsOf(parts: readonly string[]): readonly number[] {
  if (parts.length === 0) return SEEDS_IN_TEST
  return parts.flatMap((part) => {
    const [, first = '', last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? []
    must(first !== '' && Number(last) >= Number(first), `${part} is neither a seed nor a range of seeds`)
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index)
  })
}

/** Disks of which stock's planner has sizes, in the order in which they came. */
function answered(trace: readonly string[]): string[] {
  return trace.flatMap((line) => {
    const [, host, disk] = /^pondering ([^:]+):(.*)\.\.\. next_level0 /.exec(line) ?? []
    return host === undefined || disk === undefined ? [] : [`${host}:${unquoteString(disk)}`]
  })
}

function planOurs(world: PlannerWorld, order: readonly string[]): Schedule {
  const { facts } = world
  const setUp = setUpRun(facts)
  const estimates = order.map((name): Estimated => {
    const plan = setUp.plans.find(({ dle }) => nameOf(dle) === name)
    const disk = world.disks.find(({ dle }) => nameOf(dle) === name)
    if (plan === undefined || disk === undefined) throw new Error(`seed ${world.seed}: stock's planner has sizes of ${name}, ours did not ask for them`)
    const guessed = new Set<number>()
    const sizes = new Map<number, number>()
    for (const level of plan.asked) {
      const told = disk.sizes.get(level) ?? -1
      const looked = disk.isLeftToServer ? estimateOnServer(plan.info, level, facts.cycle.tapeKib) : undefined
      // What the past does not tell, the client is asked for.
      const kib = looked === undefined || (looked.isGuess && told >= 0) ? told : looked.kib
      if (looked?.isGuess === true && told < 0) guessed.add(level)
      if (kib >= 0) sizes.set(level, kib)
    }
    return { plan, sizes, guessed }
  })
  return planRun(facts, setUp, estimates)
}

/** What must be equal, without times, process ids and what depends on the network. */
function comparable(stock: StockPlan): { schedule: string; log: string; trace: string } {
  const trace = stock.trace.slice(stock.trace.indexOf('SETTING UP FOR ESTIMATES...'))
  const dull = /^planner:? time |^-{8}$|^DUMP |^date|^$|^(?:FAILED|DONE) QUEUE|^ +\d+: |^GETTING ESTIMATES|^ {2}\.\.\.$|all estimate failed|^--> Generated empty/
  return {
    schedule: stock.schedule.filter((line) => line.startsWith('DUMP ')).join('\n'),
    log: stock.log.split('\n').filter((line) => line !== '' && !/^(?:INFO planner (?:planner )?pid|INFO planner planner pid|START |FINISH |DISK |INFO planner pid-done)|all estimate failed/.test(line)).join('\n'),
    trace: trace.filter((line) => !dull.test(line)).join('\n'),
  }
}

function ours(schedule: Schedule, datestamp: string): { schedule: string; log: string; trace: string } {
  return {
    schedule: schedule.dumps.map((dump) => formatScheduledDump({ ...dump, host: dump.dle.host, disk: dump.dle.disk, features: STOCK_FEATURES, datestamp })).join('\n'),
    log: schedule.entries.map((entry) => formatRunLogEntry(entry)).join('').trimEnd(),
    trace: schedule.trace.filter((line) => line !== '').join('\n'),
  }
}

/** Mean and standard deviation. */
function spread(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) }
}

/** Each plans from what its own choices have led to, so that small differences would grow. */
async function playNights({ dir, note, signal }: CaseContext): Promise<string> {
  await using stock = await StockPlanner.start()
  const [theirs, ours] = [new PlannerNights(1), new PlannerNights(1)]
  const kib: { readonly stock: number[]; readonly ours: number[] } = { stock: [], ours: [] }
  const tookMs: number[] = []
  for (let night = 0; night < NIGHTS; night++) {
    signal.throwIfAborted()
    const plan = await stock.plan(theirs.world(), path.join(dir, `night${night}`, WORLD_NAME))
    const planned = plan.schedule.flatMap((line) => {
      const scheduled = line.startsWith('DUMP ') ? parseScheduledDump(line) : undefined
      return scheduled === undefined ? [] : [{ host: scheduled.host, disk: scheduled.disk, level: scheduled.level }]
    })
    const world = ours.world()
    const order = answered(plan.trace)
    const startedMs = performance.now()
    const schedule = planOurs(world, order)
    tookMs.push(performance.now() - startedMs)
    const mine = schedule.dumps.map(({ dle: { host, disk }, level }) => ({ host, disk, level }))
    const [a, b] = [planned, mine].map((all) => all.map(({ host, disk, level }) => `${host} ${disk} ${level}`).toSorted().join('\n'))
    must(a === b, `night ${night + 1}: ${planned.length} dumps by stock and ${mine.length} by ours differ`)
    kib.stock.push(theirs.dump(planned))
    kib.ours.push(ours.dump(mine))
    note(`night ${night + 1}: ${mine.length} dumps, ${mine.filter(({ level }) => level === 0).length} full, ${Math.round((kib.ours.at(-1) ?? 0) / 1024)} MiB; planned in ${(tookMs.at(-1) ?? 0).toFixed(0)} ms`)
  }
  // The first night begins with everything full, which no planner can help; what counts is how the cycles after it go.
  const text = (['stock', 'ours'] as const).map((who) => {
    const { mean, deviation } = spread(kib[who].slice(NIGHTS_OF_CYCLE))
    return `${who} ${(mean / 1024).toFixed(0)} MiB a night, deviation ${((100 * deviation) / mean).toFixed(1)} %`
  })
  return `${NIGHTS} nights of 500 disks: the same dumps every night; ${text.join('; ')}; ours planned a night in ${Math.max(...tookMs).toFixed(0)} ms at most`
}

async function run(context: CaseContext): Promise<string> {
  const { dir, parts, note, signal } = context
  chmodSync(dir, 0o755)
  if (parts.includes('nights')) {
    must(parts.length === 1, 'nights are played alone')
    return await playNights(context)
  }
  await using stock = await StockPlanner.start()
  const seeds = seedsOf(parts)
  const seen = { dumps: 0, fulls: 0, delayed: 0, leftOut: 0, promoted: 0 }
  const failed: number[] = []
  for (const seed of seeds) {
    signal.throwIfAborted()
    const world = plannerWorld(seed)
    const theirs = await stock.plan(world, path.join(dir, String(seed), WORLD_NAME))
    const schedule = planOurs(world, answered(theirs.trace))
    const [a, b] = [comparable(theirs), ours(schedule, world.facts.datestamp)]
    // Stock's planner ends there without a word about the rest.
    const hasGivenUp = theirs.trace.some((line) => line.includes('cannot fit anything on tape'))
    const different = hasGivenUp ? PARTS.filter((part) => part === 'schedule' && b.schedule !== '') : PARTS.filter((part) => a[part] !== b[part])
    if (different.length > 0) {
      failed.push(seed)
      note(`seed ${seed}: ${different.join(', ')} differ. Stock's schedule:\n${a.schedule}\nours:\n${b.schedule}`)
      for (const part of PARTS) for (const [who, text] of [['stock', a[part]], ['ours', b[part]]] as const) writeFileSync(path.join(dir, String(seed), `${who}.${part}`), `${text}\n`)
    }
    const log = b.log.split('\n')
    seen.dumps += schedule.dumps.length
    seen.fulls += schedule.dumps.filter(({ level }) => level === 0).length
    seen.delayed += log.filter((line) => line.includes('full dump delayed')).length
    seen.leftOut += schedule.leftOut.length
    seen.promoted += log.filter((line) => line.includes('promoted from')).length
  }
  must(failed.length === 0, `seeds ${failed.join(', ')} of ${seeds.length} differ`)
  return `${seeds.length} generated configurations planned alike by stock's planner and ours: ${seen.dumps} dumps, ${seen.fulls} of them full, ${seen.delayed} full dumps delayed, ${seen.promoted} promoted, ${seen.leftOut} disks left out`
}

export const integrationCase: IntegrationCase = {
  name: 'amanda-planner',
  summary: "stock Amanda's planner and ours on generated configurations and histories: the same schedule, log and trace",
  needs: STOCK_PLANNER_NEEDS,
  needsRoot: true,
  timeoutMs: 900_000,
  run,
}
