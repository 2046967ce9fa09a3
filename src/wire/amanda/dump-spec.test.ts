import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesSpec, parseDumpSpecs } from './dump-spec.ts'

const DUMP = { host: 'www', disk: '/home', datestamp: '20261127154649', level: 1 }

test('words are groups of host, disk, datestamp and level', () => {
  assert.deepEqual(parseDumpSpecs(['www', '/home', '2026', '1', 'mail'], { groupSize: 4, isExact: false }), [{ host: 'www', disk: '/home', datestamp: '2026', level: '1' }, { host: 'mail' }])
  assert.deepEqual(parseDumpSpecs(['www', '/home', '2026', 'mail'], { groupSize: 3, isExact: true }), [{ host: '=www', disk: '=/home', datestamp: '2026' }, { host: '=mail' }])
})

test('every word that is given must match, and one group is enough', () => {
  const isMeant = (...words: readonly string[]): boolean => matchesSpec(parseDumpSpecs(words, { groupSize: 4, isExact: false }), DUMP)
  assert.ok(isMeant())
  assert.ok(isMeant('www', '', '', '1'))
  assert.ok(isMeant('www', 'home', '20261127', '1'))
  for (const [at, word] of ['mail', '/var', '2025', '0'].entries()) assert.ok(!isMeant(...['www', 'home', '20261127', '1'].with(at, word)), word)
  assert.ok(isMeant('mail', '/', '2', '0', 'www'))
})

test('an expression that is none is found out only when a dump comes to it', () => {
  const specs = parseDumpSpecs(['mail', '/home', 'x'], { groupSize: 4, isExact: false })
  assert.ok(!matchesSpec(specs, DUMP))
  assert.throws(() => matchesSpec(specs, { ...DUMP, host: 'mail' }), /Illegal datestamp expression x/)
})
