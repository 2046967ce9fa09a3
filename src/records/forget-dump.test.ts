import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INFO_COMMANDS, parseInfo } from '../wire/amanda/curinfo.ts'
import { forgetDump, isOutdated } from './forget-dump.ts'

const INFO = parseInfo(`version: 0
command: 0
full-rate: 220.000000
full-comp:
incr-rate:
incr-comp:
stats: 0 220 210 5 1000 1 L1
stats: 1 20 19 6 2000 2 L2
stats: 2 12 11 7 3000 3 L3
last_level: 2 1
history: 2 12 11 3000 7
history: 1 20 19 2000 6
history: 0 220 210 1000 5
history: 2 13 12 900 8
history: 1 23 22 800 9
history: 1 24 23 700 9
//
`)

test('the newest dump of a level gives its place to the one before it, without its volume', () => {
  const forgotten = forgetDump(INFO, 1, 1990)
  assert.ok(forgotten?.isNewest === true)
  assert.equal(forgotten.info.command, INFO_COMMANDS.forceNoBump)
  assert.deepEqual(forgotten.info.stats[1], { level: 1, sizeKib: 23, storedKib: 22, seconds: 9, dateS: 800 })
  assert.deepEqual(forgotten.info.last, { level: 1, runs: 2 })
  assert.deepEqual(forgotten.orphans.map(({ level }) => level), [2])
  assert.equal(forgotten.info.history.length, INFO.history.length - 1)
})

test('a full dump without one before it leaves none, and is ordered', () => {
  const forgotten = forgetDump(INFO, 0, 1000)
  assert.equal(forgotten?.info.command, INFO_COMMANDS.forceFull)
  assert.deepEqual(forgotten?.info.stats.map(({ level }) => level), [1, 2])
  assert.deepEqual(forgotten?.info.last, { level: 0, runs: 0 })
})

test('an older dump leaves the history alone, and one that is not there changes nothing', () => {
  const forgotten = forgetDump(INFO, 2, 900)
  assert.equal(forgotten?.isNewest, false)
  assert.deepEqual(forgotten?.info, { ...INFO, history: INFO.history.filter(({ dateS }) => dateS !== 900) })
  for (const [level, runS] of [[1, 3000], [0, 4000], [2, 2000]] as const) assert.equal(forgetDump(INFO, level, runS), undefined)
})

test('a dump is outdated when newer ones of its level or below have taken its place', () => {
  const info = { ...INFO, history: [3000, 2900, 2800].map((dateS) => ({ level: 2, sizeKib: 1, storedKib: 1, dateS, seconds: 1 })).concat(INFO.history.slice(1)) }
  assert.deepEqual([[2, 3000], [2, 2900], [2, 2800], [2, 2000], [3, 5000], [1, 700]].map(([level = 0, runS = 0]) => isOutdated(info, level, runS)), [false, true, true, false, true, true])
})
