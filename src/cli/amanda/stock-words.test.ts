import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readStockWords, type StockOption } from './stock-words.ts'

const OPTIONS: readonly StockOption[] = [
  { name: 'o', takesValue: true },
  { name: 'log', letter: 'l', takesValue: true },
  { name: 'from-amdump' },
  { name: 'detail', canBeDenied: true },
  { name: 'date' },
  { name: 'mail', letter: 'm' },
]

function read(...words: string[]): unknown {
  const { given, words: rest, wrong } = readStockWords(words, OPTIONS)
  return [Object.fromEntries(given), rest, wrong.map(({ option, why }) => `${option} ${why}`)]
}

test('options stand anywhere, values behind = or as the next word, letters in bundles', () => {
  assert.deepEqual(read('CONF', '--log=a', 'x', '-l', 'b', '-lc', '-mo', 'p=1', '-op=2'), [{ log: ['a', 'b', 'c'], mail: [''], o: ['p=1', 'p=2'] }, ['CONF', 'x'], []])
})

test('long names are shortened as far as one fits, in any case; flags are denied', () => {
  assert.deepEqual(read('--FROM', '--no-detail', '--nodetail', '--det'), [{ 'from-amdump': [''], detail: ['no', 'no', ''] }, [], []])
  assert.deepEqual(read('--d'), [{}, [], ['d ambiguous']])
})

test('what is wrong is said, and the rest is read', () => {
  assert.deepEqual(read('--what', '-z', '--mail=1', 'C', '--log'), [{}, ['C'], ['what unknown', 'z unknown', 'mail takes-no-value', 'log needs-value']])
})

test('-- ends options, and - is a word', () => {
  assert.deepEqual(read('-', '--', '--log', '-m'), [{}, ['-', '--log', '-m'], []])
})
