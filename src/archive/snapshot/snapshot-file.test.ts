import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { factWords } from '../../../testkit/fact-words.ts'
import { MemoryFile } from '../../../testkit/memory-file.ts'
import type { SyncFile } from '../../kernel/sync-file.ts'
import { compareTreeBytes, compareTreePaths } from './compare-tree-paths.ts'
import { DirectoryEncoder } from './directory-encoder.ts'
import { SnapshotReader } from './snapshot-reader.ts'
import { SnapshotWriter } from './snapshot-writer.ts'

interface Model {
  readonly path: string
  readonly dev: bigint
  readonly inode: bigint
  readonly names: readonly string[]
}

const RUN = '20261127000000'

function write(directories: readonly Model[]): { file: MemoryFile; scratch: MemoryFile[] } {
  const file = new MemoryFile()
  const scratch: MemoryFile[] = []
  const openScratch = (): SyncFile => {
    const opened = new MemoryFile()
    scratch.push(opened)
    return opened
  }
  const writer = new SnapshotWriter(file, openScratch, { level: 2, run: RUN })
  const encoder = new DirectoryEncoder()
  for (const { path, dev, inode, names } of directories) {
    encoder.begin(path, factWords({ kind: 4, dev, inode }), 100)
    for (const name of names) encoder.add(Buffer.from(name, 'latin1'), 0, name.length, factWords({ inode: 5n, size: name.length }))
    writer.addDirectory(encoder.finish())
  }
  const header = writer.finish()
  assert.deepEqual(header, { level: 2, run: RUN, directoryCount: directories.length, entryCount: directories.reduce((sum, { names }) => sum + names.length, 0) })
  assert.ok(file.isSynced && file.isClosed && scratch.every((each) => each.isClosed))
  return { file, scratch }
}

function check(reader: SnapshotReader, wanted: Model): void {
  const record = reader.directory(wanted.path)
  assert.equal(record?.path, wanted.path)
  assert.equal(record?.inode, wanted.inode)
  assert.deepEqual(Array.from({ length: record?.count ?? 0 }, (_, index) => record?.textAt(index)), wanted.names)
}

const component = fc.string({ unit: fc.constantFrom('a', 'b', '-', '!', '.', '\xff', '0'), minLength: 1, maxLength: 3 }).filter((name) => name !== '.' && name !== '..')
const paths = fc.uniqueArray(fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')), { maxLength: 40 })

test('the order of paths is that of a dump: names by bytes, a directory before what comes beside it', () => {
  assert.deepEqual(['b', 'a', 'a-b', 'a/b', '.', '!', 'a/b/c', 'a/b!'].toSorted(compareTreePaths), ['.', '!', 'a', 'a/b', 'a/b/c', 'a/b!', 'a-b', 'b'])
  fc.assert(
    fc.property(paths, (list) => {
      const byComponents = (a: string, b: string): number => {
        const [left, right] = [a.split('/'), b.split('/')]
        const at = left.findIndex((part, index) => part !== right[index])
        if (at < 0) return left.length - right.length
        const other = right[at]
        return other === undefined ? 1 : (left[at] ?? '') < other ? -1 : 1
      }
      const sorted = list.toSorted(byComponents)
      assert.deepEqual(list.toSorted(compareTreePaths), sorted)
      const bytes = (path: string): Buffer => Buffer.from(path, 'latin1')
      assert.deepEqual(list.toSorted((a, b) => compareTreeBytes(bytes(`x${a}`), 1, a.length + 1, bytes(b), 0, b.length)), sorted)
    }),
  )
})

test('every directory comes back, in order, in any order and by its inode; what is not there is not found', () => {
  fc.assert(
    fc.property(paths, paths, fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), { minLength: 41, maxLength: 41 }), fc.integer({ min: 0, max: 3000 }), (list, others, numbers, nameCount) => {
      const models = ['.', ...list.toSorted(compareTreePaths)].map((path, index) => {
        const [dev = 0n, inode = 0n] = numbers[index] ?? []
        // Records of very different sizes, some longer than a block.
        return { path, dev, inode, names: Array.from({ length: index % 7 === 3 ? nameCount : index % 3 }, (_, each) => String(each).padStart(4, '0')) }
      })
      const reader = SnapshotReader.open(write(models).file)
      for (const model of models) check(reader, model)
      for (const model of models.toReversed()) check(reader, model)
      const known = new Set(models.map(({ path }) => path))
      for (const path of [...others, ...list].toSorted(compareTreePaths)) assert.equal(reader.directory(path)?.path, known.has(path) ? path : undefined)
      for (const { dev, inode } of models) {
        const found = models.filter((other) => other.dev === dev && other.inode === inode).map(({ path }) => path)
        assert.ok(found.includes(reader.pathOfInode(dev, inode) ?? ''))
        if (!models.some((other) => other.dev === dev + 1n && other.inode === inode)) assert.equal(reader.pathOfInode(dev + 1n, inode), undefined)
      }
    }),
    { numRuns: 60 },
  )
})

test('more inodes than are sorted at once go through a scratch file, near ones and far ones', () => {
  const many = (inodeOf: (index: number) => { dev: bigint; inode: bigint }): Model[] => Array.from({ length: 40_000 }, (_, index) => ({ path: index === 0 ? '.' : `d${String(index).padStart(6, '0')}`, ...inodeOf(index), names: [] }))
  const near = many((index) => ({ dev: 5n, inode: BigInt((index * 7919) % 40_001) + 2n ** 40n }))
  const far = many((index) => ({ dev: BigInt(index % 3), inode: BigInt(index) * 99_999_999_999_977n }))
  for (const models of [near, far]) {
    const { file, scratch } = write(models)
    assert.equal(scratch.length, 1)
    const reader = SnapshotReader.open(file)
    for (let index = 0; index < models.length; index += 997) {
      const model = models[index]
      assert.ok(model !== undefined)
      assert.equal(reader.pathOfInode(model.dev, model.inode), model.path)
      assert.equal(reader.pathOfInode(model.dev + 8n, model.inode), undefined)
    }
  }
})

test('a record out of order is left out, and the others stay', () => {
  const file = new MemoryFile()
  const writer = new SnapshotWriter(file, () => new MemoryFile(), { level: 0, run: RUN })
  const encoder = new DirectoryEncoder()
  for (const path of ['.', 'b', 'a', 'b', 'c']) {
    encoder.begin(path, factWords({ kind: 4 }), 100)
    writer.addDirectory(encoder.finish())
  }
  assert.equal(writer.finish().directoryCount, 3)
  const reader = SnapshotReader.open(file)
  assert.deepEqual(['.', 'a', 'b', 'c'].map((path) => reader.directory(path)?.path), ['.', undefined, 'b', 'c'])
})

test('damage anywhere is a missing base, never wrong answers', () => {
  const models = ['.', 'a', 'b', 'b/c'].map((path, index) => ({ path, dev: 1n, inode: BigInt(index), names: ['x', 'y'] }))
  const { file } = write(models)
  const whole = file.bytes
  for (let length = 0; length < whole.length; length += 7) {
    file.bytes = whole.subarray(0, length)
    assert.throws(() => SnapshotReader.open(file), { code: 'base-missing' })
  }
  for (let at = 0; at < whole.length; at++) {
    file.bytes = Buffer.from(whole)
    file.bytes[at] = (whole[at] ?? 0) ^ 0x41
    try {
      const reader = SnapshotReader.open(file)
      for (const model of models) check(reader, model)
      for (const { dev, inode, path } of models) assert.equal(reader.pathOfInode(dev, inode), path)
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'base-missing')
    }
  }
})

test('a snapshot that is abandoned leaves nothing open, whatever fails', () => {
  const file = new MemoryFile()
  const writer = new SnapshotWriter(file, () => new MemoryFile(), { level: 0, run: RUN })
  file.write = () => {
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
  }
  const encoder = new DirectoryEncoder()
  encoder.begin('.', factWords({}), 100)
  writer.addDirectory(encoder.finish())
  assert.throws(() => writer.finish(), { code: 'ENOSPC' })
  writer.abandon()
  assert.ok(file.isClosed)
})
