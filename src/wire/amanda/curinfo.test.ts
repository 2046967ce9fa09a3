import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { formatInfo, parseInfo } from './curinfo.ts'

test('a real file is read and written byte for byte', () => {
  const text = readFileSync(new URL('../../../testdata/amanda/curinfo-info', import.meta.url), 'utf8')
  const info = parseInfo(text)
  assert.deepEqual(info.stats, [{ level: 0, sizeKib: 220, storedKib: 220, seconds: 1, dateS: 1_795_471_816, place: { fileNumber: 1, label: 'LAB01' } }])
  assert.deepEqual([info.last, info.full.rates, info.history.length], [{ level: 0, runs: 1 }, [220], 1])
  assert.equal(formatInfo(info), text)
})

test('any memory survives, and what is lost stays lost', () => {
  const size = fc.nat(10 ** 9)
  const rates = fc.record({ rates: fc.array(size, { maxLength: 3 }), ratios: fc.array(size, { maxLength: 3 }) }, { noNullPrototype: true })
  const stats = fc.record({ level: fc.nat(9), sizeKib: size, storedKib: size, seconds: size, dateS: size, place: fc.record({ fileNumber: size, label: fc.stringMatching(/^[A-Z]{1,9}$/) }, { noNullPrototype: true }) }, { requiredKeys: ['level', 'sizeKib', 'storedKib', 'seconds', 'dateS'], noNullPrototype: true })
  const dump = fc.record({ level: fc.nat(9), sizeKib: size, storedKib: size, dateS: size, seconds: size }, { noNullPrototype: true })
  const info = fc.record(
    { command: fc.nat(15), full: rates, incremental: rates, stats: fc.uniqueArray(stats, { selector: ({ level }) => level }), last: fc.record({ level: fc.nat(9), runs: fc.nat(99) }, { noNullPrototype: true }), history: fc.array(dump, { maxLength: 20 }) },
    { requiredKeys: ['command', 'full', 'incremental', 'stats', 'history'], noNullPrototype: true },
  )
  fc.assert(fc.property(info, (value) => assert.deepEqual(parseInfo(formatInfo(value)), { ...value, stats: value.stats.toSorted((a, b) => a.level - b.level) })))
})

test('what is no memory is a fault with its line', () => {
  for (const text of ['stats: 0 1', 'history: x 1', 'full-rate: fast', 'nonsense: 1', 'stats: 400 1 1 1 1']) assert.throws(() => parseInfo(`version: 0\n${text}\n//\n`), /curinfo line 2/)
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseInfo(text)
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'wire-malformed')
      }
    }),
  )
})
