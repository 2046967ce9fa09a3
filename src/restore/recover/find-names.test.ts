import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entryOf, memoryTree } from '../../../testkit/memory-tree.ts'
import { expandGlob, findInTree, type FindTests } from './find-names.ts'

const tree = memoryTree([
  entryOf('/a/x.o', { attributes: { size: 10, mtimeNs: 100n } }),
  entryOf('/a/y.c', { attributes: { size: 20, mtimeNs: 200n } }),
  entryOf('/a/b/x.o', { attributes: { size: 30, mtimeNs: 300n } }),
  entryOf('/c/only-a-name', { attributes: 'none' }),
  entryOf('/c/odd\\377\\n', { attributes: { mtimeNs: 1n } }),
])

async function find(tests: FindTests, directory = '/'): Promise<string[]> {
  const found: string[] = []
  for await (const { path } of findInTree(tree, directory, tests)) found.push(path)
  return found
}

async function glob(pattern: string): Promise<string[]> {
  const found: string[] = []
  for await (const { path } of expandGlob(tree, pattern)) found.push(path)
  return found
}

test('tests of name, time, size and kind', async () => {
  assert.deepEqual(await find({ name: '*.o' }), ['/a/b/x.o', '/a/x.o'])
  assert.deepEqual(await find({ name: '*.o' }, '/a/b'), ['/a/b/x.o'])
  assert.deepEqual(await find({ name: '/a/*.o' }), ['/a/x.o'])
  assert.deepEqual(await find({ newerThanNs: 100n, olderThanNs: 300n }), ['/a/y.c'])
  assert.deepEqual(await find({ size: { than: 'more', bytes: 10 } }), ['/a/b/x.o', '/a/y.c'])
  assert.deepEqual(await find({ size: { than: 'less', bytes: 11 }, name: 'x*' }), ['/a/x.o'])
  assert.deepEqual(await find({ size: { than: 'same', bytes: 20 } }), ['/a/y.c'])
  assert.deepEqual(await find({ kind: 'directory', name: '?' }), ['/a', '/a/b', '/c'])
  assert.deepEqual(await find({}, '/nothing'), [])
})

test('globs, over bytes', async () => {
  assert.deepEqual(await glob('/a/*'), ['/a/b', '/a/x.o', '/a/y.c'])
  assert.deepEqual(await glob('/*/x.o'), ['/a/x.o'])
  assert.deepEqual((await glob('/**/x.o')).toSorted(), ['/a/b/x.o', '/a/x.o'])
  assert.deepEqual(await glob('/c/odd\xff?'), ['/c/odd\\377\\n'])
  assert.deepEqual(await glob('/c/odd??'), ['/c/odd\\377\\n'])
  assert.deepEqual(await glob('/a/x.o/*'), [])
  assert.ok((await glob('/a/**')).includes('/a/b/x.o'))
})
