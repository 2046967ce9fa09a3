// What lies on the border of a dump, with real mounts and flags of a file system: as root only, in directories of their own, unmounted whatever happens.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { archiveInline, membersOf } from '../../testkit/inline-archive.ts'
import type { ArchiveSettings } from './settings.ts'

/** Places where something is mounted now. */
const mounted: string[] = []
const isRoot = process.getuid?.() === 0

function scratch(context: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-borders-'))
  context.after(() => {
    // Nothing of what is mounted below may be removed.
    for (const place of mounted.splice(0).toReversed()) execFileSync('umount', ['--lazy', place])
    rmSync(dir, { recursive: true, force: true })
  })
  return dir
}

const namesOf = (dir: string, settings: Partial<ArchiveSettings> = {}): string[] => membersOf(archiveInline(dir, settings).archive).map(({ name }) => name)

function makeFiles(dir: string, ...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(path.join(dir, path.dirname(name)), { recursive: true })
    writeFileSync(path.join(dir, name), name)
  }
}

/** Mounts at `place`, which lies in a scratch directory, or says why not. */
function mount(context: TestContext, place: string, ...args: readonly string[]): boolean {
  mkdirSync(place, { recursive: true })
  const { status, stderr } = spawnSync('mount', [...args, place], { encoding: 'utf8' })
  if (status === 0) mounted.push(place)
  else context.skip(`nothing can be mounted here: ${stderr.trim()}`)
  return status === 0
}

test('other file systems are not entered but at a crossing, and their mount points are dumped empty', { skip: !isRoot && 'needs root' }, (context) => {
  const dir = scratch(context)
  makeFiles(dir, 'a/file', 'z')
  const outside = scratch(context)
  makeFiles(outside, 'bound')
  if (!mount(context, path.join(dir, 'a/other'), '-t', 'tmpfs', 'holdfast-test')) return
  mount(context, path.join(dir, 'a/same'), '--bind', outside)
  makeFiles(path.join(dir, 'a/other'), 'in', 'deep/er')
  const border = ['./', './z', './a/', './a/file', './a/other/', './a/same/']
  assert.deepEqual(namesOf(dir), border)
  assert.deepEqual(namesOf(dir, { crossed: ['a/same'] }), [...border, './a/same/bound'])
  assert.deepEqual(namesOf(dir, { crossed: ['a/other'] }), [...border.slice(0, -1), './a/other/in', './a/other/deep/', './a/other/deep/er', './a/same/'])
  assert.deepEqual(namesOf(dir, { isOneFileSystem: false }), [...border.slice(0, -1), './a/other/in', './a/other/deep/', './a/other/deep/er', './a/same/', './a/same/bound'])
  // GNU tar, which knows devices and not mounts, says the same of the other file system.
  const listed = execFileSync('tar', ['-C', dir, '--one-file-system', '--create', '--file=-', '.'])
  const byTar = execFileSync('tar', ['tf', '-'], { input: listed, encoding: 'utf8' }).split('\n')
  assert.ok(byTar.includes('./a/other/') && !byTar.includes('./a/other/in'))
})

test('a file system that is mounted or gone between levels changes only what is below its mount point', { skip: !isRoot && 'needs root' }, (context) => {
  const dir = scratch(context)
  makeFiles(dir, 'point/underneath', 'other')
  const full = archiveInline(dir)
  if (!mount(context, path.join(dir, 'point'), '-t', 'tmpfs', 'holdfast-test')) return
  makeFiles(dir, 'point/on-it')
  const covered = archiveInline(dir, { level: 1 }, { base: full.snapshot })
  assert.deepEqual(membersOf(covered.archive).map(({ name }) => name), ['./', './point/'])
  for (const place of mounted.splice(0)) execFileSync('umount', [place])
  const again = archiveInline(dir, { level: 2 }, { base: covered.snapshot })
  assert.deepEqual(membersOf(again.archive).map(({ name }) => name), ['./', './point/', './point/underneath'])
})

test('what has the nodump flag is left out when that is asked for, a directory with all that is below it', { skip: !isRoot && 'needs root' }, (context) => {
  const dir = scratch(context)
  makeFiles(dir, 'kept', 'flagged', 'dir/inside', 'plain/flagged-too', 'plain/kept-too')
  const { status, stderr } = spawnSync('chattr', ['+d', ...['flagged', 'dir', 'plain/flagged-too'].map((name) => path.join(dir, name))], { encoding: 'utf8' })
  if (status !== 0) return context.skip(`no flags on this file system: ${stderr.trim()}`)
  assert.deepEqual(namesOf(dir, { isNodumpHonoured: true }), ['./', './kept', './plain/', './plain/kept-too'])
  assert.equal(namesOf(dir).length, 8)
  const full = archiveInline(dir, { isNodumpHonoured: true })
  execFileSync('chattr', ['-d', path.join(dir, 'flagged')])
  execFileSync('chattr', ['+d', path.join(dir, 'kept')])
  const next = archiveInline(dir, { isNodumpHonoured: true, level: 1 }, { base: full.snapshot })
  assert.deepEqual(membersOf(next.archive).filter(({ kind }) => kind === 'file').map(({ name }) => name), ['./flagged'])
  // It is there, so it is not told as deleted: a restore keeps what the level before has of it, as with GNU tar.
  assert.ok(!next.index.some((line) => line.startsWith('/kept')))
})

test('devices, fifos and their numbers come back through GNU tar', { skip: !isRoot && 'needs root' }, (context) => {
  const dir = scratch(context)
  mkdirSync(path.join(dir, 'tree'))
  for (const [name, ...numbers] of [['null', 'c', '1', '3'], ['block', 'b', '8', '300'], ['large', 'c', '4000', '1048000'], ['fifo', 'p']] as const) {
    const { status, stderr } = spawnSync('mknod', [path.join(dir, 'tree', name), ...numbers], { encoding: 'utf8' })
    if (status !== 0) return context.skip(`no devices can be made here: ${stderr.trim()}`)
  }
  const { archive, said } = archiveInline(path.join(dir, 'tree'))
  assert.deepEqual(said, [])
  mkdirSync(path.join(dir, 'out'))
  execFileSync('tar', ['-C', path.join(dir, 'out'), '-xpf', '-'], { input: archive })
  for (const name of readdirSync(path.join(dir, 'tree'))) {
    const [made, restored] = [lstatSync(path.join(dir, 'tree', name)), lstatSync(path.join(dir, 'out', name))]
    assert.deepEqual([restored.mode, restored.rdev], [made.mode, made.rdev], name)
  }
})

test('exclude and include lists choose what GNU tar chooses', (context) => {
  const dir = scratch(context)
  makeFiles(dir, 'a/core', 'a/keep', 'a/b/x.o', 'a/b/x.c', 'tmp/one', 'src/tmp/two', 'src/[odd]', 'src/back', 'z.o')
  const excludes = ['*.o', './tmp', 'core', String.raw`\[odd]`, './a/b/nothing']
  const archive = execFileSync('tar', ['-C', dir, '--anchored', '--create', '--file=-', '--no-anchored', '--wildcards', '--wildcards-match-slash', ...excludes.map((pattern) => `--exclude=${pattern}`), '.'])
  const byTar = execFileSync('tar', ['tf', '-'], { input: archive, encoding: 'utf8' }).split('\n').filter((line) => line !== '')
  const ours = namesOf(dir, { excludes })
  assert.deepEqual(ours.toSorted(), byTar.toSorted())
  assert.ok(!ours.includes('./tmp/') && ours.includes('./src/tmp/two') && !ours.includes('./z.o') && !ours.includes('./src/[odd]'))
  // A pattern also holds within what was chosen; an exclude wins.
  assert.deepEqual(namesOf(dir, { excludes, includes: ['a', 'tmp', 'src/back'] }), ['./', './a/', './a/keep', './a/b/', './a/b/x.c', './src/', './src/back'])
})
