import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, closeSync, ftruncateSync, lstatSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { sourceOf } from '../../kernel/byte-stream.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { getXattr } from '../../posix/xattr.ts'
import { makeArchive, type ArchiveMember } from '../../../testkit/tar-writer.ts'
import { compareTrees } from '../../../testkit/tree-compare.ts'
import { editTree, makeHardCases } from '../../../testkit/tree.ts'
import type { ExtractOptions, ExtractResult } from './contract.ts'
import { extractArchive } from './extract-archive.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-extract-'))
  makeHardCases(path.join(dir, 'tree'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

const never = new AbortController().signal
let targetCount = 0

function newTarget(): string {
  const target = path.join(dir, `target-${targetCount++}`)
  mkdirSync(target)
  return target
}

function cut(archive: Uint8Array, pieceBytes: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < archive.length; at += pieceBytes) pieces.push(archive.subarray(at, at + pieceBytes))
  return pieces
}

async function extract(archive: Uint8Array, target: string, options: Partial<ExtractOptions> = {}, threads = 0, pieceBytes = 50_000): Promise<ExtractResult> {
  return await extractArchive(sourceOf(...cut(archive, pieceBytes)), { target, existing: 'replace', owners: 'number', isIncremental: false, ...options }, { disk: nodeDisk, threads }, () => undefined, never)
}

async function extractMembers(members: readonly ArchiveMember[], target: string, options: Partial<ExtractOptions> = {}, threads = 0): Promise<ExtractResult> {
  return await extract(makeArchive(members), target, options, threads)
}

function tar(...options: readonly string[]): Buffer {
  return execFileSync('tar', ['--create', '--file=-', `--directory=${path.join(dir, 'tree')}`, ...options, '.'], { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] })
}

const FULL = ['--sparse', '--xattrs', '--acls'] as const
for (const options of [['--format=gnu', '--sparse'], ['--format=posix', ...FULL], ['--format=posix', ...FULL, '--sparse-version=0.0'], ['--format=posix', ...FULL, '--sparse-version=0.1'], ['--format=gnu', '--sparse', '--incremental'], ['--format=posix', ...FULL, '--incremental']]) {
  test(`what tar makes with ${options.join(' ')} comes back whole`, async () => {
    const archive = tar(...options)
    for (const threads of [0, 2]) {
      const target = newTarget()
      const { problems, counts, members } = await extract(archive, target, { isIncremental: options.includes('--incremental') }, threads)
      assert.deepEqual(problems, [])
      assert.deepEqual([counts.failed, counts.skipped, counts.restored], [0, 0, members])
      const isPlain = options.includes('--format=gnu')
      const { differences } = compareTrees(path.join(dir, 'tree'), target, { extendedAttributes: !isPlain })
      // GNU tar's own format has whole seconds.
      assert.deepEqual(differences.filter((line) => !isPlain || !/mtime|'mode'|\/acl/.test(line)), [])
    }
  })
}

test('what bsdtar makes comes back whole', async (t) => {
  try {
    execFileSync('bsdtar', ['--version'], { stdio: 'ignore' })
  } catch {
    return t.skip('there is no bsdtar')
  }
  const archive = execFileSync('bsdtar', ['-cf', '-', '--format=pax', '-C', path.join(dir, 'tree'), '.'], { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] })
  const target = newTarget()
  const { problems } = await extract(archive, target)
  assert.deepEqual(problems, [])
  // libarchive counts the fraction of a time before 1970 the other way round than POSIX and GNU tar.
  assert.deepEqual(compareTrees(path.join(dir, 'tree'), target).differences.filter((line) => !line.includes('before-1970')), [])
})

test('any cut of the stream gives the same tree', async () => {
  const archive = tar('--format=posix', ...FULL)
  for (const pieceBytes of [1009, 65_536, archive.length]) {
    const target = newTarget()
    assert.deepEqual((await extract(archive, target, {}, 0, pieceBytes)).problems, [])
    assert.deepEqual(compareTrees(path.join(dir, 'tree'), target).differences, [])
  }
})

test('paths over 4096 bytes and files with an old map of many holes', async () => {
  const deep = Array.from({ length: 40 }, (_, index) => `${'d'.repeat(120)}${index}`)
  const members: ArchiveMember[] = deep.map((_, index) => ({ name: './d', type: '5', pax: { path: `./${deep.slice(0, index + 1).join('/')}` } }))
  const target = newTarget()
  const { problems, counts } = await extractMembers([...members, { name: './f', type: '0', data: 'bottom', pax: { path: `./${deep.join('/')}/file` } }], target, {}, 2)
  assert.deepEqual([problems, counts.restored], [[], 41])
  assert.equal(execFileSync('find', ['.', '-name', 'file', '-size', '6c'], { cwd: target }).toString().trim().length, deep.join('/').length + 7)
  execFileSync('rm', ['-rf', target])
  const sparse = path.join(dir, 'holes')
  mkdirSync(sparse)
  const file = openSync(path.join(sparse, 'many'), 'w')
  for (let hole = 0; hole < 100; hole++) writeSync(file, `data ${hole}`, hole * 100_000)
  ftruncateSync(file, 20_000_000)
  closeSync(file)
  for (const format of ['gnu', 'posix']) {
    const into = newTarget()
    const archive = execFileSync('tar', ['--create', '--sparse', `--format=${format}`, '--file=-', `--directory=${sparse}`, '.'], { maxBuffer: 1 << 26 })
    assert.deepEqual((await extract(archive, into)).problems, [])
    assert.ok(readFileSync(path.join(into, 'many')).equals(readFileSync(path.join(sparse, 'many'))))
    assert.ok(statSync(path.join(into, 'many')).blocks < 10_000)
  }
})

test('each policy does with what is there what it says', async () => {
  const members: ArchiveMember[] = [{ name: './', type: '5', mode: 0o700 }, { name: './old', type: '0', data: 'archive', mtime: 2000 }, { name: './new', type: '0', data: 'archive', mtime: 2000 }, { name: './link', type: '2', linkName: 'archive', mtime: 2000 }, { name: './dir/', type: '5', mode: 0o700 }, { name: './dir/fresh', type: '0', data: 'fresh' }, { name: './hard', type: '1', linkName: './old' }]
  const seen: Record<string, unknown> = {}
  for (const existing of ['refuse', 'replace', 'keep', 'newer', 'beside'] as const) {
    const target = newTarget()
    for (const [name, mtime] of [['old', 1000], ['new', 3000]] as const) {
      writeFileSync(path.join(target, name), 'there')
      utimesSync(path.join(target, name), mtime, mtime)
    }
    symlinkSync('there', path.join(target, 'link'))
    mkdirSync(path.join(target, 'dir'), 0o755)
    const { counts, problems } = await extractMembers(members, target, { existing })
    const content = (name: string): string => readFileSync(path.join(target, name), 'utf8')
    const modes = (statSync(path.join(target, 'dir')).mode & 0o777).toString(8)
    seen[existing] = [content('old'), content('new'), content('dir/fresh'), content('hard'), modes, counts.restored, counts.skipped, problems.map((problem) => problem.code), readdirSync(target).filter((name) => name.includes('~')).toSorted()]
    assert.deepEqual(readdirSync(target).filter((name) => name.startsWith('.')), [])
  }
  assert.deepEqual(seen, {
    refuse: ['there', 'there', 'fresh', 'there', '755', 2, 2, ['exists', 'exists', 'exists'], []],
    replace: ['archive', 'archive', 'fresh', 'archive', '700', 7, 0, [], []],
    keep: ['there', 'there', 'fresh', 'there', '755', 2, 5, [], []],
    newer: ['archive', 'there', 'fresh', 'archive', '755', 3, 4, [], []],
    beside: ['there', 'there', 'fresh', 'archive', '755', 5, 2, [], ['link.~restored~1~', 'new.~restored~1~', 'old.~restored~1~']],
  })
})

test('a resumed extraction skips what is whole, makes the rest and removes what was half done', async () => {
  const target = newTarget()
  const archive = tar('--format=posix', ...FULL)
  const first = await extract(archive, target)
  rmSync(path.join(target, 'size-511'))
  writeFileSync(path.join(target, 'size-512'), 'half')
  writeFileSync(path.join(target, '.holdfast-part-0-7'), 'half')
  const again = await extract(archive, target, { isResumed: true })
  assert.deepEqual(again.problems, [])
  assert.ok(again.counts.bytes < 1100 && again.counts.skipped > first.counts.restored / 2, JSON.stringify(again.counts))
  assert.deepEqual(compareTrees(path.join(dir, 'tree'), target).differences, [])
})

test('members are selected and renamed; a hard link without its first name is told', async () => {
  const members: ArchiveMember[] = [{ name: './', type: '5' }, { name: './a/', type: '5', mode: 0o700 }, { name: './a/one', type: '0', data: '1' }, { name: './b/', type: '5' }, { name: './b/two', type: '1', linkName: './a/one' }, { name: './b/three', type: '0', data: '3' }]
  const target = newTarget()
  const told: string[] = []
  const result = await extractMembers(members, target, { select: (name) => (told.push(name), name.startsWith('b/')), rename: (name) => `x/${name}` }, 2)
  assert.deepEqual(told, ['', 'a', 'a/one', 'b', 'b/two', 'b/three'])
  assert.deepEqual(readdirSync(target, { recursive: true }).map(String).toSorted(), ['x', 'x/b', 'x/b/three'])
  assert.equal(statSync(path.join(target, 'x/b')).mode & 0o777, 0o755 & ~process.umask())
  assert.deepEqual(result.problems.map(({ path: where, code }) => [where, code]), [['x/b/two', 'link-target']])
  assert.deepEqual(result.counts, { restored: 1, skipped: 0, failed: 1, bytes: 1 })
})

test('levels of tar --listed-incremental give what tar makes of them', async () => {
  for (const format of ['gnu', 'posix']) {
    const tree = path.join(dir, `days-${format}`)
    makeHardCases(tree)
    for (const name of ['a/b/c', 'p', 'q']) mkdirSync(path.join(tree, name), { recursive: true })
    for (const name of ['a/b/c/f', 'p/in-p', 'q/in-q']) writeFileSync(path.join(tree, name), name)
    const [target, judge] = [newTarget(), newTarget()]
    const dump = (): Buffer => execFileSync('tar', ['--create', '--file=-', `--format=${format}`, '--sparse', `--listed-incremental=${path.join(dir, `snapshot-${format}`)}`, `--directory=${tree}`, '.'], { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] })
    for (let day = 0; day < 4; day++) {
      const archive = dump()
      const { problems } = await extract(archive, target, { isIncremental: true }, format === 'gnu' ? 2 : 0)
      assert.deepEqual(problems, [])
      execFileSync('tar', ['--extract', '--incremental', '--file=-', `--directory=${judge}`, '--preserve-permissions', '--numeric-owner'], { input: archive, stdio: ['pipe', 'ignore', 'ignore'] })
      assert.deepEqual(compareTrees(judge, target, { extendedAttributes: false }).differences, [], `${format} ${day}`)
      if (day === 1) {
        // A circle, and a directory that takes the name of one that moved away.
        renameSync(path.join(tree, 'p'), path.join(tree, 'tmp'))
        renameSync(path.join(tree, 'q'), path.join(tree, 'p'))
        renameSync(path.join(tree, 'tmp'), path.join(tree, 'q'))
        renameSync(path.join(tree, 'a/b'), path.join(tree, 'moved'))
      } else editTree(tree, 11 + day, 12)
    }
  }
})

test('without the rights of root all contents come back, and what could not be done is said', async () => {
  const foreign = { uid: 4321, gid: 4321, mode: 0o640 }
  const archive = path.join(dir, 'foreign.tar')
  writeFileSync(archive, makeArchive([{ name: './', type: '5', ...foreign, mode: 0o755 }, { name: './a', type: '0', data: 'a', ...foreign }, { name: './suid', type: '0', data: 'b', ...foreign, mode: 0o4755 }, { name: './null', type: '3', ...foreign }, { name: './closed/', type: '5', ...foreign, mode: 0 }, { name: './closed/in', type: '0', data: 'in', ...foreign }]))
  const target = newTarget()
  const module = path.join(import.meta.dirname, 'extract-archive.ts')
  const program = `const { extractArchive } = await import(${JSON.stringify(module)}); const { nodeDisk } = await import(${JSON.stringify(path.join(import.meta.dirname, '../../kernel/node-disk.ts'))}); const { sourceOf } = await import(${JSON.stringify(path.join(import.meta.dirname, '../../kernel/byte-stream.ts'))}); const { readFileSync } = await import('node:fs')
const result = await extractArchive(sourceOf(readFileSync(${JSON.stringify(archive)})), { target: ${JSON.stringify(target)}, existing: 'replace', owners: 'number', isIncremental: false }, { disk: nodeDisk }, () => undefined, new AbortController().signal)
process.stdout.write(JSON.stringify(result))`
  const words = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all', process.execPath] : [process.execPath]
  const [name = '', ...args] = words
  writeFileSync(path.join(dir, 'child.mjs'), program)
  const result = JSON.parse(execFileSync(name, [...args, path.join(dir, 'child.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] }).toString()) as ExtractResult
  assert.deepEqual(result.problems.map(({ path: where, reason, code, severity }) => [where, code, severity, reason]), [
    ['', 'attributes', 'strange', '5 files and directories did not get their owner back, because the restore does not run as root'],
    ['', 'attributes', 'strange', '1 files did not get their set-user-id or set-group-id bits back, because they did not get their owner back'],
    ['null', 'not-permitted', 'failed', 'Cannot mknod: Operation not permitted'],
  ])
  assert.deepEqual(result.counts, { restored: 5, skipped: 0, failed: 1, bytes: 4 })
  assert.equal(statSync(path.join(target, 'suid')).mode & 0o7777, 0o755)
  assert.equal(statSync(path.join(target, 'a')).mode & 0o777, 0o640)
  assert.equal(statSync(path.join(target, 'closed')).mode & 0o777, 0)
  chmodSync(path.join(target, 'closed'), 0o700)
  assert.equal(readFileSync(path.join(target, 'closed/in'), 'utf8'), 'in')
})

test('names of extended attributes are those that GNU tar escaped', async (t) => {
  const target = newTarget()
  const { problems } = await extractMembers([{ name: './x', type: '0', data: 'x', mode: 0o444, pax: { 'SCHILY.xattr.user.with%3Dsign%25and%41': 'value' } }], target)
  if (problems.some(({ reason }) => /not supported/.test(reason))) return t.skip('there are no extended attributes here')
  assert.deepEqual(problems, [])
  assert.equal(getXattr(path.join(target, 'x'), 'user.with=sign%and%41')?.toString(), 'value')
  assert.equal(statSync(path.join(target, 'x')).mode & 0o777, 0o444)
})

test('whatever the umask, modes are those of the archive', async () => {
  const before = process.umask()
  for (const umask of [0o077, 0, 0o022]) {
    const target = newTarget()
    process.umask(umask)
    try {
      await extractMembers([{ name: './d', type: '5', mode: 0o755 }, { name: './d/f', type: '0', data: 'x', mode: 0o664 }, { name: './d/p', type: '6', mode: 0o666 }], target, {}, 1)
    } finally {
      process.umask(before)
    }
    assert.deepEqual(['d', 'd/f', 'd/p'].map((name) => (statSync(path.join(target, name)).mode & 0o777).toString(8)), ['755', '664', '666'])
  }
})

test('what a directory hands down does not stay on what the archive has otherwise', async (t) => {
  const target = newTarget()
  try {
    execFileSync('setfacl', ['-d', '-m', 'u:1:rwx', target], { stdio: 'ignore' })
  } catch {
    return t.skip('there are no access lists here')
  }
  await extractMembers([{ name: './d/', type: '5', mode: 0o750 }, { name: './d/f', type: '0', data: 'x', mode: 0o604 }], target)
  for (const [name, mode] of [['d', 0o750], ['d/f', 0o604]] as const) {
    assert.equal(lstatSync(path.join(target, name)).mode & 0o777, mode)
    assert.doesNotMatch(execFileSync('getfacl', ['-n', path.join(target, name)], { stdio: ['ignore', 'pipe', 'ignore'] }).toString(), /user:1:/)
  }
})

test('a cut-off stream, a bad target and a cancelled extraction end with a Fault', async () => {
  const archive = tar('--format=posix')
  const target = newTarget()
  await assert.rejects(extract(archive.subarray(0, 100_000), target, {}, 2), { code: 'wire-malformed' })
  await assert.rejects(extract(archive, path.join(dir, 'nowhere')), { code: 'restore-target' })
  writeFileSync(path.join(dir, 'file'), '')
  await assert.rejects(extract(archive, path.join(dir, 'file')), { code: 'restore-target' })
  const controller = new AbortController()
  const options = { target: newTarget(), existing: 'replace', owners: 'number', isIncremental: false } as const
  await assert.rejects(extractArchive(sourceOf(...cut(archive, 100_000)), options, { disk: nodeDisk, threads: 2 }, () => controller.abort(), controller.signal), { code: 'cancelled' })
})
