import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineFilter } from './line-filter.ts'
import { WordSearch } from './word-search.ts'

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 4, maxLength: 10 })
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n', 'x'), maxLength: 400 })

interface Told {
  readonly number: number
  readonly line: string
  readonly words: readonly string[]
}

function tell(words: readonly string[], content: string, cuts: readonly number[]): { readonly told: readonly Told[]; readonly lines: number } {
  const told: Told[] = []
  const filter = new LineFilter(new WordSearch(words), (number, line, found) => told.push({ number, line, words: found.map((index) => words[index] ?? '').toSorted() }))
  const at = [0, ...cuts.filter((cut) => cut < content.length).toSorted((a, b) => a - b), content.length]
  for (const [index, start] of at.entries()) filter.push(Buffer.from(content.slice(start, at[index + 1]), 'latin1'))
  return { lines: filter.finish(), told }
}

test('it tells exactly the lines that hold a word, with all the words that they hold, however the bytes are cut', () => {
  fc.assert(fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 6 }), text, fc.array(fc.nat(400), { maxLength: 5 }), (words, content, cuts) => {
    const lines = content.split('\n')
    const expected = lines.flatMap((line, index) => {
      const held = words.filter((one) => line.includes(one)).toSorted()
      return held.length === 0 ? [] : [{ number: index + 1, line, words: held }]
    })
    assert.deepEqual(tell(words, content, cuts), { told: expected, lines: lines.length - (lines.at(-1) === '' ? 1 : 0) })
  }), { numRuns: 500 })
})

test('words that lie in one another, or have the same window, are all found', () => {
  const { told } = tell(['read: Connection', 'Connection reset', 'ection', 'nection refused'], 'mesg read: Connection reset by peer\nConnection refused\n', [])
  assert.deepEqual(told.map(({ words }) => words), [['Connection reset', 'ection', 'read: Connection'], ['ection', 'nection refused']])
})

test('of a line without an end the beginning is looked at, memory stays small, and the lines behind it keep their numbers', () => {
  const long = Buffer.alloc(100_000, 'x')
  for (const words of [['needle'], ['needle', 'behind']]) {
    const told: [number, number][] = []
    const filter = new LineFilter(new WordSearch(words), (number, line) => told.push([number, line.length]))
    filter.push(Buffer.from('a needle'))
    for (let count = 0; count < 100; count++) filter.push(long)
    filter.push(Buffer.from('behind it\nneedle\n'))
    assert.equal(filter.finish(), 2)
    assert.deepEqual(told, [[1, 65_536], [2, 6]])
  }
})

test('a long line in one piece is cut as one in many', () => {
  const line = `${'x'.repeat(65_532)}needle\nneedle\n`
  assert.deepEqual(tell(['needle'], line, []).told.map(({ number }) => number), [2])
  assert.deepEqual(tell(['needle'], line, [1, 1000, 65_535]).told.map(({ number }) => number), [2])
})

test('a word that would match too often is refused', () => {
  assert.throws(() => new WordSearch(['abc']), RangeError)
  assert.throws(() => new WordSearch(['two\nlines']), RangeError)
})
