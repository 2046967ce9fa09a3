import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatIndexEntry, parseIndexEntry, plainIndexLine, type IndexAttributes } from './index-entry.ts'
import { escapeName } from './index-line.ts'

const name = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => escapeName(Buffer.from(bytes).toString('latin1')))
const owner = fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('latin1')).filter((text) => text !== '-')
const number = fc.nat({ max: 2 ** 31 })

const attributes: fc.Arbitrary<IndexAttributes> = fc
  .record({ size: fc.nat({ max: Number.MAX_SAFE_INTEGER }), mtimeNs: fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }), mode: fc.nat({ max: 0o7777 }), uid: number, gid: number, userName: owner, groupName: owner })
  .chain((common) =>
    fc.oneof(
      fc.record({ offset: number, spanBytes: number }).map((place) => ({ ...common, ...place, type: 'f' as const })),
      fc.record({ offset: number, target: name }).map((link) => ({ ...common, ...link, spanBytes: 512, type: 'l' as const })),
      fc.record({ offset: number, renamedFrom: name.map((text) => `/${text}/`) }).map((place) => ({ ...common, ...place, spanBytes: 512, type: 'd' as const, isOpaque: true })),
      fc.constant({ ...common, type: 'w' as const, offset: undefined, spanBytes: 0 }),
    ),
  )

test('a line gives back its name and attributes', () => {
  fc.assert(
    fc.property(name, attributes, (escaped, given) => {
      const text = formatIndexEntry(`/${escaped}`, given)
      assert.deepEqual(parseIndexEntry(text), { line: `/${escaped}`, attributes: given })
      assert.equal(plainIndexLine(text), `/${escaped}`)
      assert.ok(!text.includes('\n'))
    }),
  )
})

test('lines with attributes sort as their names do', () => {
  fc.assert(
    fc.property(name, name, attributes, attributes, (a, b, first, second) => {
      fc.pre(a !== b)
      assert.equal(formatIndexEntry(`/${a}`, first) < formatIndexEntry(`/${b}`, second), `/${a}` < `/${b}`)
    }),
  )
})

test('a line without attributes has a name alone; damaged attributes are a wire fault', () => {
  assert.deepEqual(parseIndexEntry('/a/'), { line: '/a/', attributes: undefined })
  for (const text of ['/a\t', '/a\tf', '/a\tw 0 0 0 0 0 0 0 - -', '/a\tf - 0 0 0 0 0 0 - -', '/a\tx 0 0 0 0 0 0 0 - -', '/a\tf 0 0 0 0.5 0 0 0 - -']) assert.throws(() => parseIndexEntry(text), { code: 'wire-malformed' })
})
