import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { copySnapshot } from './snapshot-copy.ts'
import { SnapshotSplitter } from './snapshot-records.ts'

let dir = ''
let snapshot: Buffer
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-snapshot-'))
  for (const name of ['a/b', 'c ü', 'empty', 'renamed/inner']) mkdirSync(path.join(dir, 'tree', name), { recursive: true })
  for (const name of ['a/file', 'c ü/new\nline', 'renamed/inner/x']) writeFileSync(path.join(dir, 'tree', name), name)
  execFileSync('tar', ['--create', '--file=/dev/null', `--listed-incremental=${dir}/snapshot`, `--directory=${dir}/tree`, '.'])
  snapshot = readFileSync(path.join(dir, 'snapshot'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

function namesIn(bytes: Uint8Array): string[] {
  const splitter = new SnapshotSplitter()
  const names = splitter.push(bytes).map((record) => record.name.toString())
  splitter.finish()
  return names.toSorted()
}

test('a snapshot of real tar is split into its directories, however it is cut, and put together again', () => {
  assert.deepEqual(namesIn(snapshot), ['.', './a', './a/b', './c ü', './empty', './renamed', './renamed/inner'])
  fc.assert(
    fc.property(fc.array(fc.nat(snapshot.length), { maxLength: 12 }), (cuts) => {
      const splitter = new SnapshotSplitter()
      const at = [0, ...cuts.toSorted((a, b) => a - b), snapshot.length]
      const records = at.slice(1).flatMap((end, index) => splitter.push(snapshot.subarray(at[index], end)))
      splitter.finish()
      assert.deepEqual(Buffer.concat([splitter.head ?? Buffer.alloc(0), ...records.map((record) => record.bytes)]), snapshot)
    }),
  )
})

test('damaged snapshots are refused and nothing else', () => {
  fc.assert(
    fc.property(fc.nat(snapshot.length - 1), fc.integer({ min: 1, max: 20 }), (at, count) => {
      try {
        namesIn(Buffer.concat([snapshot.subarray(0, at), snapshot.subarray(at + count)]))
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'wire-malformed')
      }
    }),
  )
  assert.throws(() => namesIn(Buffer.from('GNU tar-1.34-7\n1\x002\x00')), { code: 'wire-malformed' })
})

test('directories that are gone, were renamed, or stand where another was are left out; the others stay as they are', async () => {
  const tree = path.join(dir, 'tree')
  const copy = path.join(dir, 'copy')
  await copySnapshot(nodeDisk, path.join(dir, 'snapshot'), copy, tree)
  assert.deepEqual(readFileSync(copy), snapshot)
  renameSync(path.join(tree, 'renamed'), path.join(tree, 'elsewhere'))
  rmSync(path.join(tree, 'a/b'), { recursive: true })
  renameSync(path.join(tree, 'empty'), path.join(tree, 'kept-alive'))
  mkdirSync(path.join(tree, 'empty'))
  await copySnapshot(nodeDisk, path.join(dir, 'snapshot'), copy, tree)
  assert.deepEqual(namesIn(readFileSync(copy)), ['.', './a', './c ü'])
})

test('a directory whose path is too long to be looked at is left out', async () => {
  const tooLong = { ...nodeDisk, stat: (name: string) => (name.endsWith('/a/b') ? Promise.reject(Object.assign(new Error('too long'), { code: 'ENAMETOOLONG' })) : nodeDisk.stat(name)) }
  const copy = path.join(dir, 'copy-of-long')
  await copySnapshot(tooLong, path.join(dir, 'snapshot'), copy, path.join(dir, 'tree'))
  assert.ok(!namesIn(readFileSync(copy)).includes('./a/b'))
  const broken = { ...tooLong, stat: () => Promise.reject(Object.assign(new Error('broken'), { code: 'EIO' })) }
  await assert.rejects(copySnapshot(broken, path.join(dir, 'snapshot'), copy, path.join(dir, 'tree')), { code: 'EIO' })
})
