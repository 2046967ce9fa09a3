import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Life, Scheduler } from '../../../sim/scheduler.ts'
import type { RunRecord } from '../../catalog/contract.ts'
import { runId } from '../../catalog/ids.ts'
import { SqliteCatalog, inPlaceCatalog } from '../../catalog/sqlite.ts'
import { silentLog } from '../../kernel/log.ts'
import { createServer, type ServerDoors } from '../daemon.ts'
import { catalogPlanner } from '../planner/catalog-planner.ts'

const HOUR = 3_600_000
const MINUTE = 60_000

/** A server with nothing to dump, whose runs are only their times. The world begins at 2026-11-24 02:00 UTC. */
class World {
  readonly scheduler = new Scheduler(1)
  readonly catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  readonly runs: string[] = []
  readonly #cron: string
  readonly #catchUpMs: number

  constructor(cron: string, catchUpMs: number) {
    this.#cron = cron
    this.#catchUpMs = catchUpMs
  }

  async start(): Promise<Life> {
    const life = new Life(this.scheduler, 'server')
    const nothing = (): Promise<void> => Promise.resolve()
    const doors = {
      clock: life.clock,
      catalog: this.catalog,
      log: silentLog,
      planner: catalogPlanner,
      pid: 1,
      linkOf: () => ({ state: 'none', cuts: 0, resumes: 0, bytesResent: 0 }),
      config: { name: 't', disklist: [], schedule: { cron: this.#cron, timezone: 'UTC', catchUpMs: this.#catchUpMs }, limits: {}, storage: {} },
      holding: { list: async () => ({ dumps: [], problems: [] }), recover: async () => [], freeBytes: async () => 0, claim: nothing, release: nothing },
      changer: { slots: async () => [] },
      tapelist: { read: async () => [] },
      openRunLog: async () => ({ path: '/log', append: nothing, sync: nothing, [Symbol.asyncDispose]: nothing }),
      openTaper: () => ({ endRun: nothing, [Symbol.asyncDispose]: nothing }),
    } as unknown as ServerDoors
    const server = createServer(doors)
    server.watch((event) => {
      if (event.kind === 'run-started') this.runs.push(`${new Date(event.atMs).toISOString().slice(5, 16)} ${event.run.reason}`)
    })
    await this.scheduler.complete('the start', MINUTE, server.start())
    return life
  }

  async pass(ms: number): Promise<void> {
    const { time } = this.scheduler
    const endMs = time.nowMs + ms
    time.at(endMs, () => undefined)
    await this.scheduler.until('time to pass', endMs, () => time.nowMs >= endMs)
  }
}

test('runs begin at their times, and only then', async () => {
  const world = new World('30 3 * * *', 12 * HOUR)
  await world.start()
  await world.pass(50 * HOUR)
  assert.deepEqual(world.runs, ['11-24T03:30 schedule', '11-25T03:30 schedule', '11-26T03:30 schedule'])
})

test('a machine that slept through several runs makes up for them once, soon after it wakes', async () => {
  const world = new World('30 3 * * *', 24 * HOUR)
  await world.start()
  await world.pass(HOUR)
  world.scheduler.wallOffsetMs += 75 * HOUR
  await world.pass(MINUTE)
  assert.deepEqual(world.runs, ['11-27T06:00 catch-up'])
  await world.pass(24 * HOUR)
  assert.deepEqual(world.runs.slice(1), ['11-28T03:30 schedule'])
})

test('a run that was missed longer ago than is caught up is left, and the next one comes', async () => {
  const world = new World('30 3 * * *', HOUR)
  await world.start()
  world.scheduler.wallOffsetMs += 5 * HOUR
  await world.pass(HOUR)
  assert.deepEqual(world.runs, [])
  await world.pass(24 * HOUR)
  assert.deepEqual(world.runs, ['11-25T03:30 schedule'])
})

test('a clock that is corrected by seconds just after a run does not run it twice; one set back a day runs the new day', async () => {
  const world = new World('30 3 * * *', 12 * HOUR)
  await world.start()
  await world.pass(90 * MINUTE + 2000)
  world.scheduler.wallOffsetMs -= 10_000
  await world.pass(HOUR)
  assert.deepEqual(world.runs, ['11-24T03:30 schedule'])
  world.scheduler.wallOffsetMs -= 24 * HOUR
  await world.pass(24 * HOUR)
  assert.deepEqual(world.runs.slice(1), ['11-24T03:30 schedule'])
})

test('a server that was down when a run was due catches it up at its start, once', async () => {
  const world = new World('30 1 * * *', 12 * HOUR)
  const last: RunRecord = { id: runId('20261123013000'), startedMs: Date.parse('2026-11-23T01:30:00Z'), endedMs: Date.parse('2026-11-23T01:31:00Z'), status: 'done', reason: 'schedule' }
  await world.catalog.putRun(last)
  const first = await world.start()
  await world.pass(MINUTE)
  assert.deepEqual(world.runs, ['11-24T02:00 catch-up'])
  first.end()
  await world.start()
  await world.pass(HOUR)
  assert.equal(world.runs.length, 1)
})
