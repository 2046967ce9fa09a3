import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { DiskSelection } from './disk-selection.ts'
import { diskMatcher, hostMatcher, MatchExpressionError } from '../wire/amanda/name-expression.ts'

interface Golden {
  readonly disks: readonly (readonly [string, string])[]
  readonly cases: readonly { readonly words: readonly string[]; readonly said?: readonly string[]; readonly chosen?: readonly number[] }[]
}

/** What stock Amanda's `amadmin due` said of these words. */
const golden = JSON.parse(readFileSync(new URL('../../testdata/amanda/disk-selections.json', import.meta.url), 'utf8')) as Golden

test('words select the disks that stock Amanda selects, and are complained about in its words', () => {
  for (const { words, said = [], chosen = [] } of golden.cases) {
    const disks = golden.disks.map(([host, name]) => ({ host, name }))
    const selection = new DiskSelection<(typeof disks)[number]>()
    for (const disk of disks) selection.add(disk, false)
    let ours
    try {
      ours = { said: selection.select(words), chosen: selection.chosen.map((disk) => disks.indexOf(disk)) }
    } catch (error) {
      assert.ok(error instanceof MatchExpressionError)
      ours = { said: [`amadmin: ${error.message}`], chosen: [] }
    }
    assert.deepEqual(ours, { said: [...said], chosen: [...chosen] }, JSON.stringify(words))
  }
})

test('a disk that is ignored is never selected, and one that no word selected stays out', () => {
  const selection = new DiskSelection<{ host: string; name: string }>()
  selection.add({ host: 'a', name: '/x' }, false)
  selection.add({ host: 'b', name: '/x' }, true)
  assert.deepEqual(selection.select(['b']), [`All disks on host 'b' are ignored or have strategy "skip".`])
  assert.deepEqual(selection.chosen, [])
  selection.add({ host: 'b', name: '/new' }, false)
  assert.deepEqual(selection.select([]), [])
  assert.deepEqual(selection.chosen, [{ host: 'b', name: '/new' }])
  assert.equal(selection.has('B', '/new'), true)
})

test('any expression matches or is refused with an error of its own', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '*', '?', '[', ']', '!', '^', '$', '\\', '-', ':', '=', 'é'), maxLength: 12 })
  fc.assert(
    fc.property(text, text, (expression, name) => {
      for (const matcher of [hostMatcher, diskMatcher]) {
        try {
          assert.equal(typeof matcher(expression)(name), 'boolean')
        } catch (error) {
          assert.ok(error instanceof MatchExpressionError, String(error))
        }
      }
    }),
    { numRuns: 2000 },
  )
})
