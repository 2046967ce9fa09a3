import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineFilter } from './line-filter.ts'

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 })
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n', 'x'), maxLength: 80 })

test('it tells exactly the lines that hold a word, however the bytes are cut', () => {
  fc.assert(fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), text, fc.array(fc.nat(80), { maxLength: 5 }), (words, content, cuts) => {
    const told: [number, string][] = []
    const filter = new LineFilter(words, (number, line) => told.push([number, line]))
    const at = [0, ...cuts.filter((cut) => cut < content.length).toSorted((a, b) => a - b), content.length]
    for (const [index, start] of at.entries()) filter.push(Buffer.from(content.slice(start, at[index + 1]), 'latin1'))
    filter.finish()
    const expected = content.split('\n').flatMap((line, index) => (words.some((one) => line.includes(one)) ? [[index + 1, line]] : []))
    assert.deepEqual(told, expected)
  }), { numRuns: 300 })
})

test('a line without an end is told in time, and memory stays small', () => {
  const told: number[] = []
  const filter = new LineFilter(['needle'], (_number, line) => told.push(line.length))
  filter.push(Buffer.from('a needle'))
  for (let count = 0; count < 100; count++) filter.push(Buffer.alloc(100_000, 'x'))
  filter.finish()
  assert.deepEqual(told, [65_536])
})
