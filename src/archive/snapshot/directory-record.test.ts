import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { factWords, type FactValues } from '../../../testkit/fact-words.ts'
import { DirectoryEncoder } from './directory-encoder.ts'
import { DirectoryView } from './directory-view.ts'

const LOOKED_AT = 2_000_000_000
const OLD: FactValues = { kind: 8, inode: 77n, dev: 0x1_0000_0002n, size: 5, mtime: [1_700_000_000, 1], ctime: [1_700_000_000, 2] }

/** Any name a file can have. */
const names = fc.uniqueArray(fc.string({ unit: fc.integer({ min: 1, max: 255 }).filter((code) => code !== 0x2f).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 12 }), { maxLength: 20 }).map((list) => list.toSorted((a, b) => (a < b ? -1 : 1)))

const times = fc.tuple(fc.integer({ min: -2_000_000_000, max: 1_999_999_990 }), fc.integer({ min: 0, max: 999_999_999 }))
const facts = fc.record({ kind: fc.constantFrom(8, 4, 10, 1, 2, 6), inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), dev: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), size: fc.integer({ min: 0, max: 2 ** 52 }), mtime: times, ctime: times })

function encode(path: string, own: FactValues, entries: readonly (readonly [string, FactValues])[], encoder = new DirectoryEncoder()): DirectoryView {
  encoder.begin(path, factWords(own), LOOKED_AT)
  for (const [name, values] of entries) encoder.add(Buffer.from(`xx${name}yy`, 'latin1'), 2, 2 + name.length, factWords(values))
  return DirectoryView.of(encoder.finish())
}

const find = (record: DirectoryView, name: string): number => record.find(Buffer.from(name, 'latin1'), 0, name.length)

test('a record tells what was put in, whatever the encoder made before', () => {
  const encoder = new DirectoryEncoder()
  fc.assert(
    fc.property(fc.constantFrom('.', 'a', 'a/b\xff c'), facts, names, fc.array(facts, { minLength: 20, maxLength: 20 }), names, (path, own, list, values, others) => {
      const record = encode(path, own, list.map((name, index) => [name, values[index] ?? {}]), encoder)
      assert.equal(record.path, path)
      assert.equal(record.count, list.length)
      assert.equal(record.dev, own.dev)
      assert.equal(record.inode, own.inode)
      assert.ok(record.isUnchangedDirectory(factWords(own)))
      for (const [index, name] of list.entries()) {
        assert.equal(record.textAt(index), name)
        assert.deepEqual(Buffer.from(record.nameAt(index)), Buffer.from(name, 'latin1'))
        assert.equal(record.kindAt(index), values[index]?.kind)
        assert.ok(record.isUnchanged(index, factWords(values[index] ?? {})))
      }
      // In order, mixed with names that are not there, and in any order.
      for (const name of [...list, ...others].toSorted((a, b) => (a < b ? -1 : 1))) assert.equal(find(record, name), list.indexOf(name))
      for (const name of [...others, ...list.toReversed()]) assert.equal(find(record, name), list.indexOf(name))
      for (const name of others) for (const [index, own] of list.entries()) assert.equal(Math.sign(record.compareNameAt(index, Buffer.from(name, 'latin1'), 0, name.length)), own < name ? -1 : own > name ? 1 : 0)
    }),
  )
})

test('a change of any fact is seen', () => {
  const record = encode('a', OLD, [['f', OLD]])
  const changes: readonly FactValues[] = [{ kind: 10 }, { inode: 78n }, { inode: 77n + 2n ** 32n }, { size: 6 }, { size: 5 + 2 ** 32 }, { mtime: [1_700_000_001, 1] }, { mtime: [1_700_000_000, 2] }, { ctime: [1_700_000_001, 2] }, { ctime: [1_700_000_000, 3] }, { ctime: [1_700_000_000 + 2 ** 32, 2] }]
  for (const change of changes) {
    assert.ok(!record.isUnchanged(0, factWords({ ...OLD, ...change })), JSON.stringify(Object.keys(change)))
    const isOfDirectory = change.kind === undefined && change.size === undefined
    assert.equal(record.isUnchangedDirectory(factWords({ ...OLD, ...change })), !isOfDirectory)
  }
  assert.ok(record.hasInodeOf(factWords({ inode: 77n })))
  assert.ok(record.isUnchanged(0, factWords({ ...OLD, dev: 9n })), 'a file system gets another number with a restart')
})

test('what changed when it was looked at, or later, never equals', () => {
  for (const [seconds, isSure] of [[LOOKED_AT - 100, true], [LOOKED_AT - 3, true], [LOOKED_AT - 2, false], [LOOKED_AT, false], [LOOKED_AT + 2 ** 33, false]] as const) {
    for (const change of [{ ctime: [seconds, 5] }, { mtime: [seconds, 5], ctime: [seconds, 5] }] satisfies FactValues[]) {
      const values = { ...OLD, ...change }
      const record = encode('a', values, [['f', values]])
      assert.equal(record.isUnchanged(0, factWords(values)), isSure, `${seconds}`)
      assert.equal(record.isUnchangedDirectory(factWords(values)), isSure)
    }
  }
  // A time of modification in the future is one that somebody set: the time of change tells.
  const future: FactValues = { ...OLD, mtime: [LOOKED_AT + 5000, 0] }
  assert.ok(encode('a', OLD, [['f', future]]).isUnchanged(0, factWords(future)))
})

test('what is doubted never equals', () => {
  const encoder = new DirectoryEncoder()
  encoder.begin('a', factWords(OLD), LOOKED_AT)
  for (const name of ['e', 'f', 'g']) encoder.add(Buffer.from(name), 0, 1, factWords(OLD))
  encoder.doubt(1)
  encoder.doubt(3)
  encoder.doubtDirectory()
  const record = DirectoryView.of(encoder.finish())
  assert.deepEqual([0, 1, 2].map((index) => record.isUnchanged(index, factWords(OLD))), [true, false, true])
  assert.ok(!record.isUnchangedDirectory(factWords(OLD)))
  assert.ok(record.hasInodeOf(factWords(OLD)))
  assert.ok(encode('b', OLD, [['f', OLD]], encoder).isUnchangedDirectory(factWords(OLD)), 'the next record is in no doubt')
})

test('a directory of many names, and the small one after it', () => {
  const encoder = new DirectoryEncoder()
  const many = Array.from({ length: 40_000 }, (_, index) => [String(index).padStart(8, '0'), { ...OLD, inode: BigInt(index) }] as const)
  const record = encode('many', OLD, many, encoder)
  for (const index of [0, 1, 255, 256, 20_000, 39_999]) {
    assert.equal(find(record, many[index]?.[0] ?? ''), index)
    assert.ok(record.isUnchanged(index, factWords({ ...OLD, inode: BigInt(index) })))
  }
  assert.equal(encode('few', OLD, [['f', OLD]], encoder).count, 1)
})

test('bytes that are no record are a fault, and a damaged record breaks nothing', () => {
  const good = encode('a/b', OLD, [['f', OLD], ['g', OLD]])
  assert.equal(good.count, 2)
  const encoder = new DirectoryEncoder()
  encoder.begin('a/b', factWords(OLD), LOOKED_AT)
  for (const name of ['f', 'g']) encoder.add(Buffer.from(name), 0, 1, factWords(OLD))
  const bytes = encoder.finish()
  for (const length of [0, 3, 8, 60, bytes.length - 4]) assert.throws(() => DirectoryView.of(bytes.slice(0, length)), { code: 'base-missing' })
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
      const changed = bytes.slice()
      changed[at] = value
      try {
        const record = DirectoryView.of(changed)
        assert.ok(record.path.length <= bytes.length)
        for (let index = 0; index < record.count; index++) assert.ok(record.textAt(index).length <= bytes.length)
        find(record, 'g')
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'base-missing')
      }
    }),
  )
})
