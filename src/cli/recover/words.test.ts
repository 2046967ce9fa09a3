import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseWords, quoteWord, splitWords } from './words.ts'

const texts = (line: string): string[] => parseWords(line).map((word) => word.text)
const bytes = (text: string): string => Buffer.from(text).toString('latin1')

test('words, quotes and escapes', () => {
  assert.deepEqual(texts('  ls  -l /a '), ['ls', '-l', '/a'])
  assert.deepEqual(texts(String.raw`cat "a b" 'c d' e\ f`), ['cat', 'a b', 'c d', 'e f'])
  assert.deepEqual(texts(String.raw`cat "a\"b" 'c\d' ''`), ['cat', 'a"b', String.raw`c\d`, ''])
  assert.deepEqual(texts(String.raw`cat a\nb \303\251 \377x`), ['cat', 'a\nb', '\xc3\xa9', '\xffx'])
  assert.deepEqual(texts('cat é 😀'), ['cat', bytes('é'), bytes('😀')])
  assert.deepEqual(texts('ls # all of it'), ['ls'])
  assert.deepEqual(texts('ls a#b'), ['ls', 'a#b'])
  assert.deepEqual(texts(''), [])
})

test('globs are those outside of quotes', () => {
  assert.deepEqual(parseWords(String.raw`*.a "*.b" \*.c '?'x? a\[`).map((word) => word.isGlob), [true, false, false, true, false])
  assert.equal(parseWords(`'?'x?`)[0]?.pattern, String.raw`\?x?`)
})

test('what has no end is said', () => {
  assert.throws(() => parseWords('ls "a'), { code: 'usage-wrong' })
  assert.throws(() => parseWords("ls 'a"), { code: 'usage-wrong' })
  assert.throws(() => parseWords('ls a\\'), { code: 'usage-wrong' })
  assert.deepEqual(splitWords('ls "a b').at(-1), { text: 'a b', pattern: 'a b', isGlob: false, start: 3, end: 7, openQuote: 'double', isCut: false })
})

test('any bytes can be typed, in and out of quotes', () => {
  const name = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.uint8Array({ minLength: 1 }).map((array) => Buffer.from(array).toString('latin1'))).map((text) => (/[Ā-￿]/.test(text) ? bytes(text) : text)).filter((text) => text !== '')
  fc.assert(
    fc.property(name, name, (first, second) => {
      const plain = parseWords(`${quoteWord(first)} "${quoteWord(second, 'double')}" '${quoteWord(first, 'single')}'`)
      assert.deepEqual(plain.map((word) => word.text), [first, second, first])
      assert.ok(!plain.some((word) => word.isGlob))
    }),
  )
})

test('rubbish is words or usage-wrong', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', "'", '"', '\\', ' ', '*', '#', '3', '\n') }), (line) => {
      splitWords(line)
      try {
        parseWords(line)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'usage-wrong')
      }
    }),
  )
})
