import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasGlob, literalGlob, nameGlob, pathGlob, unquoteGlob, wishGlob } from './glob.ts'

const bytes = (text: string): string => Buffer.from(text).toString('latin1')

test('names', () => {
  const cases: readonly [string, string, boolean][] = [
    ['*', 'a', true],
    ['*', '.hidden', true],
    ['*.odt', 'report.odt', true],
    ['*.odt', 'report.odt~', false],
    ['a?c', 'abc', true],
    ['a?c', bytes('aéc'), true],
    ['a??c', bytes('aéc'), false],
    ['a?c', 'a\xffc', true],
    [bytes('[à-ü]*'), bytes('été'), true],
    ['[!a-c]x', 'dx', true],
    ['[!a-c]x', 'bx', false],
    ['[]]', ']', true],
    ['[a', '[a', true],
    [String.raw`\*`, '*', true],
    [String.raw`\*`, 'a', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b*', 'xxbxxaxx', false],
    ['', '', true],
    ['a*', '', false],
    ['*', 'line\nfeed', true],
  ]
  for (const [pattern, name, expected] of cases) assert.equal(nameGlob(pattern)(name), expected, `${pattern} ~ ${name}`)
})

test('a pattern of many stars is matched at once', () => {
  assert.equal(nameGlob(`${'*a'.repeat(50)}b`)('a'.repeat(5000)), false)
})

test('paths', () => {
  assert.equal(pathGlob('/a/*/c')('/a/b/c'), true)
  assert.equal(pathGlob('/a/*')('/a/b/c'), false)
  assert.equal(pathGlob('/**/c')('/a/b/c'), true)
  assert.equal(pathGlob('/a/**')('/a/b/c'), true)
  assert.equal(pathGlob('/a/**/c')('/a/c'), true)
  assert.equal(wishGlob('*.o')('/x/y.o'), true)
  assert.equal(wishGlob('y/*.o')('/x/y/z.o'), true)
  assert.equal(wishGlob('/y/*.o')('/x/y/z.o'), false)
})

test('quoting is undone', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(unquoteGlob(literalGlob(text)), text)
      assert.equal(hasGlob(literalGlob(text)), false)
      assert.equal(nameGlob(literalGlob(bytes(text)))(bytes(text)), true)
    }),
  )
})
