import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entryOf } from '../../../testkit/memory-tree.ts'
import { entryJson, formatMode, formatMtime, isoMtime, longLine } from './entry-text.ts'
import { sideBySide } from './show-names.ts'

test('modes', () => {
  assert.equal(formatMode('file', 0o644), '-rw-r--r--')
  assert.equal(formatMode('directory', 0o2755), 'drwxr-sr-x')
  assert.equal(formatMode('file', 0o4644), '-rwSr--r--')
  assert.equal(formatMode('directory', 0o1777), 'drwxrwxrwt')
  assert.equal(formatMode('symlink', 0o777), 'lrwxrwxrwx')
})

test('times, also before 1970, with nanoseconds, and farther than any date', () => {
  assert.equal(isoMtime(1_500_000_000_123_456_789n), '2017-07-14T02:40:00.123456789Z')
  assert.equal(isoMtime(-1n), '1969-12-31T23:59:59.999999999Z')
  assert.equal(isoMtime(10n ** 29n), '@100000000000000000000')
  assert.equal(formatMtime(-(10n ** 29n)), '@-100000000000000000000')
  assert.match(formatMtime(0n), /^19(?:70-01-01|69-12-31) \d\d:\d\d:\d\d$/)
})

test('lines and JSON of an entry', () => {
  const link = entryOf('/d/a\\377', { kind: 'symlink', attributes: { target: 'x y', mode: 0o777, uid: 7, userName: 'alice', groupName: 'us\u001bers' } })
  assert.match(longLine(link, 'a\xff'), /^lrwxrwxrwx {2}alice +us\\x1bers +0 \S+ \S+ a\\377 -> x\\ y$/)
  assert.match(longLine(entryOf('/d', { kind: 'directory', attributes: 'none' }), 'd'), /^d\?{9} .* d\/$/)
  const { path, kind, target, user, mode, mtime } = entryJson(link)
  assert.deepEqual({ path, kind, target, user, mode, mtime }, { path: '/d/a\\377', kind: 'symlink', target: 'x y', user: 'alice', mode: '0777', mtime: '1970-01-01T00:00:00.000000000Z' })
  assert.equal(entryJson(entryOf('/x', { attributes: 'none' })).size, undefined)
})

test('names side by side, from above to below', () => {
  assert.equal(sideBySide(['a', 'b', 'c', 'd', 'e'], 7), 'a  d\nb  e\nc\n')
  assert.equal(sideBySide(['a-name-that-is-wider'], 7), 'a-name-that-is-wider\n')
  assert.equal(sideBySide([], 80), '')
})
