import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedPath, type SimulatedMiddlebox } from '../../../testkit/simulated-path.ts'
import { seededRandom, type Random } from '../../kernel/random.ts'
import type { IdleFacts, PathEnd } from '../../wire/probe/path-facts.ts'
import { createIdleSearch, stepIdleSearch } from './idle-search.ts'
import { planProbes, RUNG_RATIO } from './probe-plan.ts'

const BOTH: readonly PathEnd[] = ['dialler', 'acceptor']
/** The steps of one end, and a connection that was refreshed once by something sent again. */
const STEP = RUNG_RATIO * RUNG_RATIO

interface Outcome {
  readonly facts: IdleFacts
  readonly tookMs: number
}

function searchThrough(box: SimulatedMiddlebox, options: { readonly upToMs: number; readonly loss?: number; readonly seed?: number; readonly oneWayMs?: number; readonly cutAtMs?: number }): Outcome {
  const { upToMs, loss = 0, seed = 1, oneWayMs = 10, cutAtMs } = options
  const search = createIdleSearch(planProbes({ upToMs, speakers: BOTH, isKept: true }), BOTH, 2 * oneWayMs)
  const path = new SimulatedPath({ random: seededRandom(seed), box, loss, oneWayMs, step: (event, nowMs) => stepIdleSearch(search, event, nowMs) })
  if (cutAtMs !== undefined) path.cutControlAt(cutAtMs)
  path.run(upToMs * 2 + 120_000)
  assert.ok(path.facts !== undefined, `the search did not end: seed ${seed}`)
  return { facts: path.facts, tookMs: path.nowMs }
}

function checkFound({ facts }: Outcome, limitMs: number, losesFrom: PathEnd | 'both', how: string, what: string): void {
  assert.equal(facts.outcome, 'limit', what)
  const { limit } = facts
  assert.ok(limit !== undefined)
  assert.equal(limit.losesFrom, losesFrom, what)
  assert.equal(limit.how, how, what)
  // Within one step on either side, and what the handshake took before both ends were silent.
  assert.ok(limit.firstDeadMs >= limitMs - 300, `${what}: dead at ${limit.firstDeadMs}`)
  assert.ok(limit.lastAliveMs >= limitMs / STEP - 300, `${what}: alive at ${limit.lastAliveMs}`)
  assert.ok(limit.firstDeadMs <= limitMs * STEP + 300, `${what}: dead only at ${limit.firstDeadMs}`)
}

test('a limit of 350 s is found in little more than 350 s, by reset, silence or an end', () => {
  for (const how of ['reset', 'silence', 'closed'] as const) {
    const outcome = searchThrough({ limitMs: 350_000, losesFrom: 'both', how, isKeptByEither: true }, { upToMs: 3_600_000 })
    checkFound(outcome, 350_000, 'both', how, how)
    assert.ok(outcome.tookMs < 350_000 * RUNG_RATIO + (how === 'silence' ? 30_000 : 2000), `${how} took ${outcome.tookMs}`)
    for (const kept of [outcome.facts.keepalive, outcome.facts.heartbeat]) {
      const asked = kept.filter(({ intervalMs }) => intervalMs <= 175_000)
      assert.ok(asked.length >= 3 && asked.every(({ isAlive }) => isAlive), how)
    }
    assert.equal(outcome.facts.limit?.isUnprompted, how === 'closed')
  }
})

test('without a limit there is none, up to what was asked for', () => {
  const { facts, tookMs } = searchThrough({ limitMs: undefined, losesFrom: 'both', how: 'reset', isKeptByEither: true }, { upToMs: 3_600_000 })
  assert.equal(facts.outcome, 'none')
  assert.ok(facts.testedMs >= 3_600_000 && facts.lostCount === 0)
  assert.ok(tookMs < 3_600_000 * RUNG_RATIO + 5000)
})

test('a limit of one direction is named as that of the end whose packets are lost', () => {
  for (const losesFrom of BOTH) {
    for (const how of ['reset', 'silence'] as const) {
      for (const isKeptByEither of [true, false]) {
        const outcome = searchThrough({ limitMs: 20_000, losesFrom, how, isKeptByEither }, { upToMs: 120_000 })
        checkFound(outcome, 20_000, losesFrom, how, `${losesFrom} ${how} ${isKeptByEither}`)
        if (how === 'reset') assert.deepEqual(outcome.facts.limit?.toldTo, [losesFrom])
      }
    }
  }
})

test('where the control channel was cut nothing is said of a limit', () => {
  const { facts } = searchThrough({ limitMs: undefined, losesFrom: 'both', how: 'reset', isKeptByEither: true }, { upToMs: 60_000, cutAtMs: 30_000 })
  assert.equal(facts.outcome, 'disturbed')
})

test('connections are not called dead while the control channel is silent as well', () => {
  const speakers = BOTH
  const search = createIdleSearch(planProbes({ upToMs: 4000, speakers, isKept: false }), speakers, 10)
  const opened = stepIdleSearch(search, { kind: 'start' }, 0).flatMap((effect) => (effect.kind === 'open' ? [effect.probe.connection] : []))
  for (const connection of opened) stepIdleSearch(search, { kind: 'opened', connection }, 100)
  // Everything is cut for a minute: no answer, and nothing on the control channel either.
  for (let nowMs = 200; nowMs < 60_000; nowMs += 250) assert.ok(!stepIdleSearch(search, { kind: 'wake' }, nowMs).some(({ kind }) => kind === 'over'), `over at ${nowMs}`)
  assert.ok([...search.probes.values()].every(({ result }) => result !== 'dead'))
})

function anyBox(random: Random): SimulatedMiddlebox {
  const limits = [5000, 7300, 20_000, 33_000, 60_000, undefined, undefined]
  return { limitMs: limits[random.int(limits.length)], losesFrom: (['both', 'dialler', 'acceptor'] as const)[random.int(3)] ?? 'both', how: random.int(2) === 0 ? 'reset' : 'silence', isKeptByEither: random.int(2) === 0 }
}

test('a thousand paths with up to 10 % of loss: no false alarm, and every limit within a step', () => {
  let largest = 0
  for (let seed = 1; seed <= 1000; seed++) {
    const random = seededRandom(seed * 7919)
    const box = anyBox(random)
    const loss = [0, 0.01, 0.05, 0.1][random.int(4)] ?? 0
    const { facts } = searchThrough(box, { upToMs: (box.limitMs ?? 45_000) * 1.4, loss, seed, oneWayMs: 1 + random.int(80) })
    const what = `seed ${seed}: ${JSON.stringify({ box, loss, facts })}`
    if (box.limitMs === undefined) {
      assert.equal(facts.outcome, 'none', what)
      continue
    }
    assert.equal(facts.outcome, 'limit', what)
    const { limit } = facts
    assert.ok(limit !== undefined)
    const middleMs = (limit.lastAliveMs + limit.firstDeadMs) / 2
    const error = Math.abs(middleMs - box.limitMs) / box.limitMs
    largest = Math.max(largest, error)
    assert.ok(error <= 0.1 || Math.abs(middleMs - box.limitMs) <= (limit.firstDeadMs - limit.lastAliveMs), what)
    assert.ok(limit.losesFrom === box.losesFrom, what)
    assert.ok(limit.how === box.how, what)
  }
  assert.ok(largest < 0.35, `the largest error was ${largest}`)
})
