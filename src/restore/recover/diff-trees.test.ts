import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dumpOf, entryOf, memoryTree, type EntryWords } from '../../../testkit/memory-tree.ts'
import type { TreeEntry } from '../tree-at.ts'
import { diffTrees } from './diff-trees.ts'
import { versionsOf } from './versions.ts'

const [FULL, FIRST] = [dumpOf(0), dumpOf(1)]

async function diff(before: readonly TreeEntry[], after: readonly TreeEntry[], directory = '/'): Promise<string[]> {
  const found: string[] = []
  for await (const change of diffTrees(memoryTree(before), memoryTree(after), directory)) found.push(`${change.kind} ${change.path}${change.kind === 'changed' ? ` ${change.fields.join()}` : ''}`)
  return found
}

test('added, removed and changed, with what changed', async () => {
  const before = [entryOf('/a'), entryOf('/b'), entryOf('/c', { attributes: { size: 1 } }), entryOf('/link', { kind: 'symlink', attributes: { target: 'x' } })]
  const after = [entryOf('/a'), entryOf('/c', { dump: FIRST, attributes: { size: 2, mtimeNs: 5n } }), entryOf('/d', { dump: FIRST }), entryOf('/link', { dump: FIRST, kind: 'symlink', attributes: { target: 'y' } })]
  assert.deepEqual(await diff(before, after), ['removed /b', 'changed /c size,mtime', 'added /d', 'changed /link target'])
  assert.deepEqual(await diff(before, after, '/nothing'), [])
})

test('what was only dumped again has not changed; where only names are known, nobody can tell', async () => {
  const times = { kind: 'directory', attributes: { mtimeNs: 7n, mode: 0o755 } } as const
  assert.deepEqual(await diff([entryOf('/a'), entryOf('/d', { ...times, dump: FULL })], [entryOf('/a', { dump: FIRST }), entryOf('/d', { ...times, dump: FIRST, attributes: { mtimeNs: 8n, mode: 0o755 } })]), [])
  assert.deepEqual(await diff([entryOf('/a', { attributes: 'none' })], [entryOf('/a', { dump: FIRST, attributes: 'none' })]), ['changed /a content'])
})

test('another of the names of a file that has the data is no change', async () => {
  const link: EntryWords = { kind: 'hard-link', attributes: { target: '/b' } }
  assert.deepEqual(await diff([entryOf('/a', { attributes: { size: 9 } }), entryOf('/b', { kind: 'hard-link', attributes: { target: '/a' } })], [entryOf('/a', { ...link, dump: FIRST }), entryOf('/b', { dump: FIRST, attributes: { size: 9 } })]), [])
})

test('a file that became a directory is removed and added', async () => {
  assert.deepEqual(await diff([entryOf('/a'), entryOf('/a-b')], [entryOf('/a', { kind: 'directory', dump: FIRST }), entryOf('/a-b'), entryOf('/a/x', { dump: FIRST })]), ['removed /a', 'added /a', 'added /a/x'])
})

test('a merge of walks finds what a comparison of maps finds', async () => {
  const name = fc.array(fc.constantFrom('a', 'a-', 'b', 'a.b', '0'), { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`)
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name), fc.uniqueArray(name), async (left, right) => {
      const leaves = (names: readonly string[]): string[] => names.filter((each) => !names.some((other) => other.startsWith(`${each}/`)))
      const [before, after] = [leaves(left), leaves(right)]
      const kinds = async (names: readonly string[]): Promise<Set<string>> => {
        const found = new Set<string>()
        for await (const { path, kind } of memoryTree(names.map((each) => entryOf(each))).walk('/')) found.add(`${kind} ${path}`)
        return found
      }
      const [olds, news] = [await kinds(before), await kinds(after)]
      const expected = [...[...olds].filter((each) => !news.has(each)), ...[...news].filter((each) => !olds.has(each))].map((each) => each.slice(each.indexOf(' ') + 1))
      const found = await diff(before.map((each) => entryOf(each)), after.map((each) => entryOf(each)))
      assert.deepEqual(found.map((each) => each.slice(each.indexOf(' ') + 1)).toSorted(), expected.toSorted())
    }),
  )
})

test('versions: each dump that has it, and where it was gone', async () => {
  const second = dumpOf(2)
  const third = dumpOf(3)
  const states: readonly [typeof FULL, TreeEntry | undefined][] = [[FULL, entryOf('/f', { dump: FULL, attributes: { size: 1 } })], [FIRST, entryOf('/f', { dump: FULL, attributes: { size: 1 } })], [second, entryOf('/f', { dump: second, attributes: { size: 1 } })], [third, undefined]]
  const found: string[] = []
  for await (const { dump, entry, isChanged } of versionsOf(states.map(([dump]) => [dump]), '/f', ([dump]) => Promise.resolve(memoryTree([states.find(([each]) => each.id === dump?.id)?.[1] ?? []].flat())))) found.push(`${dump.level} ${entry === undefined ? 'gone' : entry.dump.level} ${isChanged}`)
  assert.deepEqual(found, ['0 0 true', '2 2 false', '3 gone true'])
})
