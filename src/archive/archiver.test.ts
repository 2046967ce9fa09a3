import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { readAll, sourceOf } from '../kernel/byte-stream.ts'
import { systemClock } from '../kernel/clock.ts'
import { Fault } from '../kernel/fault.ts'
import { parseIndexEntry, plainIndexLine } from '../wire/tar/index-entry.ts'
import { indexLine } from '../wire/tar/index-line.ts'
import { archiveInline, PLAIN_SETTINGS, membersOf } from '../../testkit/inline-archive.ts'
import { estimateArchive, startArchive } from './archiver.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { editTree, makeHardCases, makeRandomTree } from '../../testkit/tree.ts'

function scratch(context: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-archiver-'))
  context.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** What GNU tar says of an archive when it takes it apart into `dir`. */
function extract(archive: Uint8Array, dir: string, ...options: readonly string[]): string {
  mkdirSync(dir, { recursive: true })
  const { status, stderr } = spawnSync('tar', ['-C', dir, '--xattrs', '--xattrs-include=*', '--acls', '--warning=no-timestamp', ...options, '-xpf', '-'], { input: archive })
  assert.equal(status, 0, stderr.toString())
  return stderr.toString()
}

function assertSame(left: string, right: string): void {
  assert.deepEqual(compareTrees(left, right).differences, [])
}

test('what GNU tar makes of a dump of hard cases is the same tree', (context) => {
  const dir = scratch(context)
  const tree = path.join(dir, 'tree')
  makeHardCases(tree)
  linkSync(path.join(tree, 'size-262144'), path.join(tree, 'second name of a large file'))
  const { archive, said } = archiveInline(tree)
  assert.deepEqual(said, [])
  assert.equal(extract(archive, path.join(dir, 'plain')), '')
  assertSame(tree, path.join(dir, 'plain'))
  assert.equal(extract(archive, path.join(dir, 'incremental'), '--incremental'), '')
  assertSame(tree, path.join(dir, 'incremental'))
})

test('bsdtar lists every member without complaint', (context) => {
  const dir = scratch(context)
  makeRandomTree(path.join(dir, 'tree'), 3, { fileCount: 60, dirCount: 8, fileBytesMax: 40_000 })
  const { archive } = archiveInline(path.join(dir, 'tree'))
  const { status, stdout, stderr } = spawnSync('bsdtar', ['-tf', '-'], { input: archive })
  assert.equal(stderr.toString(), '')
  assert.equal(status, 0)
  assert.equal(stdout.toString().trimEnd().split('\n').length, membersOf(archive).length)
})

test('the index tells of every member where it lies and what it is', (context) => {
  const dir = scratch(context)
  makeHardCases(dir)
  for (const unitEntries of [1, 1000]) {
    const { archive, index } = archiveInline(dir, {}, { unitEntries })
    const members = membersOf(archive)
    assert.deepEqual(index.map(plainIndexLine), members.map(indexLine))
    for (const [number, line] of index.entries()) {
      const { attributes } = parseIndexEntry(line)
      const member = members[number]
      assert.equal(attributes?.offset, member?.offset, line)
      assert.equal((attributes?.offset ?? 0) + (attributes?.spanBytes ?? 0), members[number + 1]?.offset ?? archive.length - 1024, line)
      if (member?.kind === 'file') assert.equal(attributes?.size, member.size)
      assert.equal(attributes?.mode, member?.mode)
    }
  }
})

test('an index of names has the plain lines', (context) => {
  const dir = scratch(context)
  makeHardCases(dir)
  assert.deepEqual(archiveInline(dir, { index: 'names' }).index, archiveInline(dir).index.map(plainIndexLine))
  assert.deepEqual(archiveInline(dir, { index: 'none' }).index, [])
})

test('an estimate counts what the dump has', (context) => {
  const dir = scratch(context)
  makeRandomTree(dir, 5, { fileCount: 200, dirCount: 20, fileBytesMax: 100_000 })
  const { estimatedBytes } = archiveInline(dir, { isEstimate: true })
  assert.equal(estimatedBytes, archiveInline(dir).archive.length - 1024)
})

test('paths of more than 4096 bytes are dumped whole', (context) => {
  const dir = scratch(context)
  const name = 'd'.repeat(200)
  // A shell that goes down step by step, since no call takes the whole path.
  execFileSync('bash', ['-c', `for i in $(seq 25); do mkdir ${name}; cd -P ${name} 2>/dev/null || cd ${name}; done; echo deep > bottom`], { cwd: dir })
  const { archive, said } = archiveInline(dir)
  assert.deepEqual(said, [])
  const last = membersOf(archive).at(-1)
  assert.equal(last?.name.length, 2 + 25 * 201 + 'bottom'.length)
  assert.equal(last?.size, 5)
  execFileSync('rm', ['-rf', name], { cwd: dir })
})

test('sockets are left out and said', (context) => {
  const dir = scratch(context)
  execFileSync('python3', ['-c', `import socket; socket.socket(socket.AF_UNIX).bind('${dir}/sock')`])
  const { archive, said } = archiveInline(dir)
  assert.deepEqual(said, ['tar: ./sock: socket ignored'])
  assert.deepEqual(membersOf(archive).map(({ name }) => name), ['./'])
})

test('of a directory with a cache tag the tag alone is dumped, when that is asked for', (context) => {
  const dir = scratch(context)
  mkdirSync(path.join(dir, 'cache', 'deep'), { recursive: true })
  writeFileSync(path.join(dir, 'cache', 'CACHEDIR.TAG'), 'Signature: 8a477f597d28d172789f06886806bc55\n')
  writeFileSync(path.join(dir, 'cache', 'thing'), 'x')
  const { archive, said } = archiveInline(dir, { isCacheSkipped: true })
  assert.deepEqual(membersOf(archive).map(({ name }) => name), ['./', './cache/', './cache/CACHEDIR.TAG'])
  assert.deepEqual(said, ['tar: ./cache: contains a cache directory tag CACHEDIR.TAG; contents not dumped'])
  assert.equal(membersOf(archiveInline(dir).archive).length, 5)
})

test('only what was chosen is dumped, with the directories on the way', (context) => {
  const dir = scratch(context)
  for (const name of ['a/b/c', 'a/x', 'z']) mkdirSync(path.join(dir, name), { recursive: true })
  for (const name of ['a/b/c/f', 'a/x/g', 'z/h', 'a/b/k']) writeFileSync(path.join(dir, name), name)
  const { archive } = archiveInline(dir, { includes: ['a/b', 'z/h'] })
  assert.deepEqual(membersOf(archive).map(({ name }) => name), ['./', './a/', './a/b/', './a/b/k', './a/b/c/', './a/b/c/f', './z/', './z/h'])
})

function checkLevels(context: TestContext, seed: number, edits: number): void {
  const dir = scratch(context)
  const tree = path.join(dir, 'tree')
  makeRandomTree(tree, seed, { fileCount: 60, dirCount: 12, fileBytesMax: 20_000 })
  const full = archiveInline(tree)
  const restored = path.join(dir, 'restored')
  extract(full.archive, restored, '--incremental')
  assertSame(tree, restored)
  let base = full.snapshot
  for (let level = 1; level <= 3; level++) {
    editTree(tree, seed * 10 + level, edits)
    const dump = archiveInline(tree, { level }, { base })
    assert.deepEqual(dump.said, [])
    extract(dump.archive, restored, '--incremental')
    assertSame(tree, restored)
    base = dump.snapshot
  }
}

for (const seed of [1, 2, 3, 4, 5, 6]) test(`levels 0 to 3 with edits give the tree again (seed ${seed})`, (context) => checkLevels(context, seed, 12))

test('a level with nothing changed has directories only, and one with a change what was changed', (context) => {
  const dir = scratch(context)
  for (const name of ['a/b', 'c']) mkdirSync(path.join(dir, name), { recursive: true })
  for (const name of ['a/f', 'a/b/g', 'c/h', 'c/i']) writeFileSync(path.join(dir, name), name)
  const full = archiveInline(dir)
  const same = archiveInline(dir, { level: 1 }, { base: full.snapshot })
  assert.deepEqual(membersOf(same.archive).map(({ name }) => name), ['./', './a/', './a/b/', './c/'])
  assert.deepEqual(same.index.map((line) => line.includes('\to')), [false, false, false, false])
  rmSync(path.join(dir, 'c', 'h'))
  writeFileSync(path.join(dir, 'c', 'i'), 'changed')
  renameSync(path.join(dir, 'a'), path.join(dir, 'moved'))
  mkdirSync(path.join(dir, 'new'))
  symlinkSync('x', path.join(dir, 'new', 'link'))
  const next = archiveInline(dir, { level: 1 }, { base: full.snapshot })
  assert.deepEqual(membersOf(next.archive).map(({ name }) => name), ['./', './c/', './c/i', './moved/', './moved/b/', './new/', './new/link'])
  const told = next.index.map((line) => parseIndexEntry(line))
  assert.deepEqual(told.filter(({ attributes }) => attributes?.type === 'w').map(({ line }) => line), ['/a/', '/c/h'])
  assert.deepEqual(told.filter(({ attributes }) => attributes?.isOpaque === true).map(({ line }) => line), ['/new/'])
  assert.deepEqual(told.filter(({ attributes }) => attributes?.renamedFrom !== undefined).map(({ line, attributes }) => [line, attributes?.renamedFrom]), [['/moved/', '/a/']])
})

test('what may have changed within the resolution of its time is dumped again', (context) => {
  const dir = scratch(context)
  writeFileSync(path.join(dir, 'young'), 'x')
  const full = archiveInline(dir, { startedSeconds: Math.floor(systemClock.wallMs() / 1000) })
  const next = archiveInline(dir, { level: 1 }, { base: full.snapshot })
  assert.deepEqual(membersOf(next.archive).map(({ name }) => name), ['./', './young'])
})

test('a file of ten gigabytes with one byte takes a block', (context) => {
  const dir = scratch(context)
  writeFileSync(path.join(dir, 'huge'), 'x')
  truncateSync(path.join(dir, 'huge'), 10 * 1024 ** 3)
  const { archive } = archiveInline(dir)
  assert.ok(archive.length < 20_000)
  assert.equal(membersOf(archive).at(-1)?.size, 10 * 1024 ** 3)
})

test('threads make the same archive, index and snapshot as one after the other', async (context) => {
  const dir = scratch(context)
  const tree = path.join(dir, 'tree')
  makeRandomTree(tree, 9, { fileCount: 2500, dirCount: 300, fileBytesMax: 30_000 })
  mkdirSync(path.join(tree, 'links'))
  for (const [number, name] of ['dir0', 'dir1', 'links'].entries()) {
    mkdirSync(path.join(tree, name), { recursive: true })
    writeFileSync(path.join(tree, name, `own${number}`), Buffer.alloc(300_000, number))
  }
  linkSync(path.join(tree, 'dir0', 'own0'), path.join(tree, 'links', 'large'))
  linkSync(path.join(tree, 'dir0', 'own0'), path.join(tree, 'dir1', 'large'))
  const inline = archiveInline(tree)
  const records: number[] = []
  const archive = startArchive({ ...PLAIN_SETTINGS, top: tree }, { say: () => assert.fail('nothing is to be said'), record: (bytes) => void records.push(bytes.length) })
  const [data, index] = await Promise.all([readAll(archive.data, 2 ** 30), readAll(archive.index ?? sourceOf(), 2 ** 30)])
  assert.equal(data.length % 10_240, 0)
  assert.ok(Buffer.from(data.subarray(0, inline.archive.length)).equals(inline.archive))
  assert.deepEqual(Buffer.from(index).toString('latin1').split('\n').slice(0, -1), inline.index)
  assert.equal(records.length, inline.snapshot.isSynced ? membersOf(data).filter(({ kind }) => kind === 'directory').length : -1)
  const estimate = await estimateArchive({ ...PLAIN_SETTINGS, hasSnapshot: false, top: tree }, new AbortController().signal)
  assert.ok(Math.abs(estimate - data.length) <= 2 * 300_000 + 20_000, 'an estimate counts each name of a file')
})

test('threads make the same level as one after the other, with and without renames', async (context) => {
  const dir = scratch(context)
  const tree = path.join(dir, 'tree')
  makeRandomTree(tree, 11, { fileCount: 600, dirCount: 150, fileBytesMax: 3000 })
  const full = archiveInline(tree)
  writeFileSync(path.join(dir, 'base'), full.snapshot.bytes)
  for (const change of [() => undefined, () => writeFileSync(path.join(tree, 'new'), 'new'), () => renameSync(path.join(tree, 'dir0'), path.join(tree, 'another'))]) {
    change()
    const inline = archiveInline(tree, { level: 1 }, { base: full.snapshot })
    const records: Buffer[] = []
    const archive = startArchive({ ...PLAIN_SETTINGS, top: tree, level: 1, basePath: path.join(dir, 'base') }, { say: () => assert.fail('nothing is to be said'), record: (bytes) => void records.push(Buffer.from(bytes)) })
    const [data, index] = await Promise.all([readAll(archive.data, 2 ** 30), readAll(archive.index ?? sourceOf(), 2 ** 30)])
    assert.ok(Buffer.from(data.subarray(0, inline.archive.length)).equals(inline.archive))
    assert.deepEqual(Buffer.from(index).toString('latin1').split('\n').slice(0, -1), inline.index)
    assert.equal(records.length, membersOf(data).filter(({ kind }) => kind === 'directory').length)
  }
})

test('the next level is that of a whole snapshot, whatever the base left out', (context) => {
  const dir = scratch(context)
  for (const name of ['a/b', 'c']) mkdirSync(path.join(dir, name), { recursive: true })
  for (const name of ['a/f', 'a/g.o', 'a/b/g', 'c/h']) writeFileSync(path.join(dir, name), name)
  const full = archiveInline(dir, { excludes: ['*.o', './c'] })
  const next = archiveInline(dir, { level: 1 }, { base: full.snapshot })
  assert.deepEqual(membersOf(next.archive).map(({ name }) => name), ['./', './a/', './a/g.o', './a/b/', './c/', './c/h'])
  const same = archiveInline(dir, { level: 2 }, { base: next.snapshot })
  assert.ok(same.snapshot.bytes.subarray(0, -200).equals(next.snapshot.bytes.subarray(0, -200)), 'records are taken over as they are')
  const excluded = archiveInline(dir, { level: 2, excludes: ['f'] }, { base: next.snapshot })
  assert.deepEqual(excluded.index.map((line) => parseIndexEntry(line)).filter(({ attributes }) => attributes?.type === 'w').map(({ line }) => line), [])
})

test('dumps of nothing, and dumps that end while their threads begin, end well one after the other', async (context) => {
  const dir = scratch(context)
  const hooks = { say: () => Promise.resolve(), record: () => undefined }
  const openFiles = (): number => readdirSync('/proc/self/fd').length
  const before = openFiles()
  for (let round = 0; round < 5; round++) {
    await Promise.all(Array.from({ length: 10 }, async (_none, number) => {
      const archive = startArchive({ ...PLAIN_SETTINGS, top: dir }, hooks)
      if (number % 2 === 0) assert.equal((await readAll(archive.data, 2 ** 20)).length, 10_240)
      await archive.stop(new Fault('cancelled', 'enough'))
    }))
  }
  assert.ok(openFiles() <= before + 5, 'nothing stays open')
})

test('a dump that is given up ends its threads', async (context) => {
  const dir = scratch(context)
  makeRandomTree(dir, 9, { fileCount: 500, dirCount: 10, fileBytesMax: 200_000 })
  const archive = startArchive({ ...PLAIN_SETTINGS, top: dir }, { say: () => Promise.resolve(), record: () => undefined })
  await archive.data.read()
  await archive.stop(new Fault('cancelled', 'enough'))
  await assert.rejects(archive.data.read(), { code: 'cancelled' })
  await assert.rejects(readAll(startArchive({ ...PLAIN_SETTINGS, top: path.join(dir, 'nowhere') }, { say: () => Promise.resolve(), record: () => undefined }).data, 1000), { code: 'file-missing' })
})
