import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quoteString, sanitiseFileName, splitWords, unquoteString } from './quote.ts'

test('any words survive a line of quoted strings', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString())), (words) => {
      assert.deepEqual(splitWords(words.map(quoteString).join(' ')).map(unquoteString), words)
    }),
  )
})

test('quotes are used only where Amanda uses them', () => {
  assert.deepEqual(['/srv/small', 'my b', '', 'C:\\x', 'a\nb', 'ä', "it's"].map(quoteString), ['/srv/small', '"my b"', '""', '"C:\\\\x"', '"a\\nb"', '"ä"', '"it\'s"'])
  assert.deepEqual(['a"b c"d', '\\101\\7x', '"\\303\\244"', 'end\\', '\\0'].map(unquoteString), ['ab cd', 'A\u0007x', 'ä', 'end', ''])
})

test('an open quote is a wire fault', () => {
  assert.throws(() => splitWords('a "b c'), { code: 'wire-malformed' })
})

test('a name becomes a part of a file name as Amanda does it', () => {
  assert.equal(sanitiseFileName('C:\\a/b c'), 'C__a_b c')
})
