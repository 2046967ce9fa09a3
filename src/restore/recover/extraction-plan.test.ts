import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dumpOf, entryOf, memoryTree } from '../../../testkit/memory-tree.ts'
import { Fault } from '../../kernel/fault.ts'
import { readAll, sourceOf } from '../../kernel/byte-stream.ts'
import type { MembersSource } from '../members.ts'
import type { TreeAt, TreeEntry } from '../tree-at.ts'
import { planExtraction, type ExtractionPlan, type ExtractionWish } from './extraction-plan.ts'
import { wishGlob } from './glob.ts'
import { joinedMembers } from './joined-members.ts'
import { PlaceList } from './place-list.ts'

const [FULL, FIRST] = [dumpOf(0), dumpOf(1)]
const at = (offset: number, more: object = {}): { readonly attributes: { readonly offset: number } } => ({ attributes: { offset, ...more } })
const dir = (path: string, offset: number, dump = FULL): TreeEntry => entryOf(path, { kind: 'directory', dump, ...at(offset) })

function plan(tree: TreeAt, wish: Partial<ExtractionWish> & { readonly paths: readonly string[] }, own: TreeAt = tree, tells = true): Promise<ExtractionPlan> {
  return planExtraction(tree, [FULL, FIRST], { openOne: () => Promise.resolve(own), tellsDeletions: () => Promise.resolve(tells) }, { excludes: [], ...wish }, new AbortController().signal)
}

async function offsets(list: PlaceList): Promise<number[]> {
  const found: number[] = []
  for await (const { offset } of list.inOrder()) found.push(offset)
  return found
}

test('members of each dump in order, with the directories above and without what is excluded', async () => {
  const tree = memoryTree([dir('/a', 5120), dir('/a/b', 4096), entryOf('/a/b/x', at(9216)), entryOf('/a/b/y', { dump: FIRST, ...at(512) }), entryOf('/a/b/z.o', at(2048)), entryOf('/other', at(1024))])
  const made = await plan(tree, { paths: ['/a/b', '/a/b/x', '/nothing'], excludes: [wishGlob('*.o')] })
  assert.deepEqual(made.missing, ['/nothing'])
  assert.deepEqual(await Promise.all(made.shares.map(({ places }) => offsets(places))), [[4096, 5120, 9216], [512]])
  assert.equal(made.entryCount, 3)
  assert.equal(made.memberBytes, 4 * 1024)
  assert.equal(made.needsLevels, false)
})

test('an excluded directory takes all below it along', async () => {
  const tree = memoryTree([dir('/a', 512), dir('/a/b', 1024), entryOf('/a/b/x', at(1536)), entryOf('/a/b-x', at(2048)), entryOf('/a/c', at(2560))])
  assert.deepEqual(await offsets((await plan(tree, { paths: ['/a'], excludes: [wishGlob('/a/b')] })).shares[0]?.places ?? new PlaceList()), [512, 2048, 2560])
})

test('a link whose first name is not wanted gets the data, and later links lead to it', async () => {
  const link = (path: string, offset: number): TreeEntry => entryOf(path, { kind: 'hard-link', ...at(offset, { target: '/first' }) })
  const tree = memoryTree([entryOf('/first', at(512, { size: 7 })), link('/d/one', 2048), link('/d/two', 3072)])
  const [share] = (await plan(tree, { paths: ['/d'] })).shares
  assert.deepEqual(await offsets(share?.places ?? new PlaceList()), [512, 3072])
  assert.equal(share?.nameNow('first'), 'd/one')
  assert.equal(share?.nameNow('d/two'), 'd/two')
  const [whole] = (await plan(tree, { paths: ['/d', '/first'] })).shares
  assert.deepEqual(await offsets(whole?.places ?? new PlaceList()), [512, 2048, 3072])
  assert.equal(whole?.nameNow('first'), 'first')
})

test('members of a directory that was renamed since go where it is now', async () => {
  const tree = memoryTree([dir('/new', 512, FIRST), entryOf('/new/f', { memberPath: '/old/f', ...at(1024) }), entryOf('/new/s/g', { memberPath: '/old/s/g', ...at(2048) }), entryOf('/new/s/h', { kind: 'hard-link', memberPath: '/old/s/h', ...at(4096, { target: '/old/f' }) })])
  const own = memoryTree([entryOf('/old/f', at(1024, { size: 3 }))])
  const [share] = (await plan(tree, { paths: ['/new'] }, own)).shares
  assert.deepEqual(['old/f', 'old/s/g', 'old/s/h', 'old/x', 'y'].map((name) => share?.nameNow(name)), ['new/f', 'new/s/g', 'new/s/h', 'new/x', 'y'])
  const [only] = (await plan(tree, { paths: ['/new/s/h'] }, own)).shares
  assert.equal(only?.nameNow('old/f'), 'new/s/h')
})

test('what is there already is not read, and links to it stay links', async () => {
  const tree = memoryTree([entryOf('/a', at(512)), entryOf('/b', { kind: 'hard-link', ...at(1536, { target: '/a' }) })])
  const made = await plan(tree, { paths: ['/a', '/b'], isThere: (path) => Promise.resolve(path === '/a') })
  assert.equal(made.skippedCount, 1)
  assert.deepEqual(await offsets(made.shares[0]?.places ?? new PlaceList()), [1536])
})

test('whole levels where names are all that is known, or deletions are not', async () => {
  assert.equal((await plan(memoryTree([entryOf('/a', { attributes: 'none' })]), { paths: ['/a'] })).needsLevels, true)
  assert.equal((await plan(memoryTree([entryOf('/a')], [FULL]), { paths: ['/not/seen'] })).needsLevels, true)
  const tree = memoryTree([dir('/d', 512), entryOf('/d/a', at(1024))])
  assert.equal((await plan(tree, { paths: ['/d'] }, tree, false)).needsLevels, true)
  assert.equal((await plan(tree, { paths: ['/d/a'] }, tree, false)).needsLevels, false)
})

test('a plan is stopped', async () => {
  const signal = AbortSignal.abort()
  await assert.rejects(planExtraction(memoryTree([entryOf('/a')]), [FULL], { openOne: () => Promise.reject(new Error('no')), tellsDeletions: () => Promise.resolve(true) }, { paths: ['/'], excludes: [] }, signal), { code: 'cancelled' })
})

test('places come in order, each once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(200)), async (added) => {
      const list = new PlaceList()
      for (const offset of added) list.add(offset * 512, 512)
      const expected = [...new Set(added)].toSorted((a, b) => a - b).map((offset) => offset * 512)
      assert.deepEqual(await offsets(list), expected)
      assert.equal(list.count, expected.length)
      assert.equal(list.spanBytes, expected.length * 512)
      for (let offset = 0; offset <= 200; offset++) assert.equal(list.has(offset * 512), added.includes(offset))
    }),
  )
})

test('members of several dumps are one archive; a dump that gives too little or too much is damaged', async () => {
  const tree = memoryTree([entryOf('/a', at(0)), entryOf('/b', { dump: FIRST, ...at(0) })])
  const { shares } = await plan(tree, { paths: ['/a', '/b'] })
  const members = (...pieces: Uint8Array[]): MembersSource => Object.assign(sourceOf(...pieces), { bytesRead: 10 })
  const one = Buffer.alloc(1024, 1)
  const whole = joinedMembers(shares, ({ dump }) => Promise.resolve(dump.level === 0 ? members(Buffer.concat([one, Buffer.alloc(512)]), Buffer.alloc(512)) : members(one.subarray(0, 300), one.subarray(300), Buffer.alloc(1024))))
  assert.deepEqual(Buffer.from(await readAll(whole, 10_000)), Buffer.concat([one, one, Buffer.alloc(1024)]))
  assert.equal(whole.bytesRead, 20)
  await assert.rejects(readAll(joinedMembers(shares, () => Promise.resolve(members(one.subarray(1)))), 10_000), { code: 'index-damaged' })
  await assert.rejects(readAll(joinedMembers(shares, () => Promise.resolve(members(one, Buffer.from([1])))), 10_000), { code: 'index-damaged' })
  await assert.rejects(readAll(joinedMembers(shares, () => Promise.reject(new Fault('volume-missing', 'gone'))), 10_000), { code: 'volume-missing' })
})
