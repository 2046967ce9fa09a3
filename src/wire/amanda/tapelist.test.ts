import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { formatTapelist, parseTapelist } from './tapelist.ts'

test('a real tapelist is read and written byte for byte', () => {
  const text = readFileSync(new URL('../../../testdata/amanda/tapelist', import.meta.url), 'utf8')
  const entries = parseTapelist(text)
  assert.deepEqual(entries, [{ datestamp: '20261123220906', label: 'LAB01', isReusable: true, blockKib: 32, pool: 'lab', storage: 'lab', config: 'lab' }])
  assert.equal(formatTapelist(entries), text)
})

test('older forms are read: no reuse word, no fields, a comment', () => {
  assert.deepEqual(parseTapelist('20020202 A\n0 B no-reuse #kept for the auditor\n'), [
    { datestamp: '20020202', label: 'A', isReusable: true },
    { datestamp: '0', label: 'B', isReusable: false, comment: 'kept for the auditor' },
  ])
})

test('any entries survive, newest first', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/).filter((text) => text !== 'reuse' && text !== 'no-reuse')
  const entry = fc.record(
    { datestamp: fc.constantFrom('0', '20261123', '20261123220906', '20251123220906'), label: word, isReusable: fc.boolean(), barcode: word, meta: word, blockKib: fc.nat(999), pool: word, storage: word, config: word, comment: word },
    { requiredKeys: ['datestamp', 'label', 'isReusable'], noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: ({ label }) => label }), (entries) => {
      const expected = entries.toSorted((a, b) => (a.datestamp === b.datestamp ? 0 : a.datestamp < b.datestamp ? 1 : -1))
      assert.deepEqual(parseTapelist(formatTapelist(entries)), expected)
    }),
  )
})

test('a line that is not understood is a fault, never dropped', () => {
  for (const text of ['x', '20261123 A reuse NONSENSE', '20261123 A\n20261123 A', '20261123 A BLOCKSIZE:x', '1 A']) assert.throws(() => parseTapelist(text), { code: 'wire-malformed' })
  assert.throws(() => formatTapelist([{ datestamp: '0', label: 'a b', isReusable: true }]), { code: 'wire-malformed' })
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseTapelist(text)
      } catch (error) {
        assert.ok(error instanceof Fault)
      }
    }),
  )
})
