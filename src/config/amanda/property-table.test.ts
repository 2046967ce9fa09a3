import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PropertyTable, type AmandaProperty } from './property-table.ts'

function property(value: string): AmandaProperty {
  return { isVisible: true, hasPriority: false, isAppended: false, values: [value] }
}

/** The names after `+name` was put in and `-name` taken away, one after the other. */
function orderAfter(steps: readonly string[]): string[] {
  let table = PropertyTable.empty
  for (const step of steps) table = step.startsWith('-') ? table.without(step.slice(1)) : table.with(step.slice(1), property('x'))
  return table.entries().map(([name]) => name)
}

const NAMES = ['server-name', 'gnutar-path', 'check-device', 'sparse', 'atime-preserve', 'xattrs', 'no-unquote', 'ignore', 'one-file-system', 'normal', 'strange', 'acls']
const put = (names: readonly string[]): string[] => names.map((name) => `+${name}`)
const take = (names: readonly string[]): string[] => names.map((name) => `-${name}`)

// The orders are those of GLib 2.74, called with the same names.
const ORDERS: readonly (readonly [what: string, steps: readonly string[], order: readonly string[]])[] = [
  ['a table that is nearly full', put(NAMES.slice(0, 7)), ['no-unquote', 'gnutar-path', 'check-device', 'xattrs', 'server-name', 'sparse', 'atime-preserve']],
  ['a table that grew', put(NAMES.slice(0, 8)), ['ignore', 'atime-preserve', 'check-device', 'xattrs', 'gnutar-path', 'no-unquote', 'server-name', 'sparse']],
  ['a table in which names drove others out when it grew', put(['one-file-system', 'sparse', 'acls', 'gnutar-path', 'normal', 'verbose', 'no-unquote', 'server-name']), ['normal', 'verbose', 'acls', 'gnutar-path', 'one-file-system', 'no-unquote', 'server-name', 'sparse']],
  ['a table that shrank', [...put(NAMES), ...take(NAMES.slice(0, 9))], ['strange', 'acls', 'normal']],
  ['two names of one slot, the first goes first', ['+sparse', '+z'], ['sparse', 'z']],
  ['two names of one slot, the other way round', ['+z', '+sparse'], ['z', 'sparse']],
  ['a name that is put in again', ['+sparse', '+z', '+sparse'], ['sparse', 'z']],
  ['a name that was taken away comes back to the slot that it left', ['+sparse', '+z', '-sparse', '+sparse'], ['sparse', 'z']],
]

for (const [what, steps, order] of ORDERS) test(`order of names: ${what}`, () => assert.deepEqual(orderAfter(steps), order))

test('a table has what was put in last, and the one it was made from is as it was', () => {
  const old = PropertyTable.empty.with('a', property('1'))
  const both = old.with('b', property('2')).with('a', property('3'))
  assert.deepEqual([both.get('a')?.values, both.get('b')?.values, both.without('a').get('a'), old.get('a')?.values, old.get('b')], [['3'], ['2'], undefined, ['1'], undefined])
  assert.equal(old.without('b'), old)
})

test('a table that is full takes no new name, and is told from one that is not', () => {
  let table = PropertyTable.empty
  let count = 0
  while (!table.isFull) table = table.with(`p${count++}`, property('x'))
  assert.equal(table.with('new', property('x')), table)
  assert.deepEqual(table.with('p0', property('y')).get('p0')?.values, ['y'])
  assert.equal(table.without('p0').with('new', property('x')).entries().length, count)
})
