import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { ModelTree } from '../../../testkit/model-tree.ts'
import { makeArchive, type ArchiveMember } from '../../../testkit/tar-writer.ts'
import { DUMPDIR_DIRECTORY, DUMPDIR_ELSEWHERE, DUMPDIR_HERE, DumpdirWriter } from '../../wire/tar/dumpdir.ts'
import { findingsOf, scanBase } from './base-scan.ts'
import { planRenames, RenamePlanView } from './rename-plan.ts'

type Edit = readonly ['mkdir' | 'touch' | 'remove', string] | readonly ['move', string, string]

function edited(tree: ModelTree, edits: readonly Edit[]): ModelTree {
  const copy = tree.copy()
  for (const edit of edits) {
    if (edit[0] === 'move') copy.move(edit[1], edit[2])
    else if (edit[0] === 'remove') copy.remove(edit[1])
    else copy.make(edit[1], edit[0] === 'mkdir')
  }
  return copy
}

const treeOf = (...paths: readonly string[]): ModelTree => edited(new ModelTree(), paths.map((each): Edit => (each.endsWith('/') ? ['mkdir', each.slice(0, -1)] : ['touch', each])))
const planOf = (before: ModelTree, now: ModelTree): RenamePlanView => new RenamePlanView(planRenames(before.snapshot(), now.probe()))

/** Carries the records out on the base as an extraction would; a step that fails there fails here. */
function carryOut(base: ModelTree, plan: RenamePlanView): ModelTree {
  const tree = base.copy()
  let temporary: string | undefined
  let isUsed = false
  for (const record of plan.records) {
    if (record.kind === 'temporary') {
      assert.ok(!isUsed, 'the temporary name is in use')
      assert.ok(tree.node(record.directory)?.children !== undefined)
      temporary = record.directory === '.' ? '#tmp' : `${record.directory}/#tmp`
      continue
    }
    if (record.from === '' || record.to === '') isUsed = record.to === ''
    const from = record.from === '' ? temporary : record.from
    const to = record.to === '' ? temporary : record.to
    assert.ok(from !== undefined && to !== undefined)
    for (let slash = to.indexOf('/'); slash >= 0; slash = to.indexOf('/', slash + 1)) tree.make(to.slice(0, slash), true)
    assert.ok(tree.move(from, to), `cannot move ${from} to ${to}`)
  }
  assert.ok(!isUsed, 'something keeps the temporary name')
  return tree
}

const anyPath = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const anyBase = fc.array(fc.tuple(anyPath, fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 25 }).map((list) => {
  const tree = new ModelTree()
  for (const [each, what] of list) {
    for (let slash = each.indexOf('/'); slash >= 0; slash = each.indexOf('/', slash + 1)) tree.make(each.slice(0, slash), true)
    tree.make(each, what > 0)
  }
  return tree
})

/** Picks what is there at that moment by number, so that most edits do something. */
const anyEdits = (maxLength: number): fc.Arbitrary<Pick[]> => fc.array(fc.record({ what: fc.constantFrom('move', 'move', 'move', 'circle', 'remove', 'make'), from: fc.nat(), to: fc.nat(), name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), isFile: fc.boolean() }), { minLength: 1, maxLength })

interface Pick {
  readonly what: string
  readonly from: number
  readonly to: number
  readonly name: string
  readonly isFile: boolean
}

function pickedEdits(base: ModelTree, picks: readonly Pick[]): ModelTree {
  const tree = base.copy()
  for (const { what, from, to, name, isFile } of picks) {
    const directories = tree.paths('directories')
    const pool = [...directories, ...directories, ...tree.paths('files')]
    const source = pool[from % (pool.length + 1)] ?? 'a'
    const parents = ['.', ...directories]
    const parent = parents[to % parents.length] ?? '.'
    const target = parent === '.' ? name : `${parent}/${name}`
    if (what === 'make') tree.make(target, !isFile)
    else if (what === 'remove') tree.remove(source)
    else if (what === 'circle') {
      const other = pool[to % (pool.length + 1)] ?? 'b'
      if (tree.move(source, 'zz') && tree.move(other, source)) tree.move('zz', other)
    } else tree.move(source, target)
  }
  return tree
}

test('a scan that finds everything in place finds what a plan without renames does', () => {
  let inPlace = 0
  fc.assert(
    fc.property(anyBase, fc.oneof(anyEdits(3), fc.constant([])), fc.integer({ min: 1, max: 3 }), (base, picks, parts) => {
      const now = pickedEdits(base, picks)
      const snapshot = base.snapshot()
      const records = ['.', ...base.paths('directories')].flatMap((each) => snapshot.directory(each) ?? [])
      const size = Math.ceil(records.length / parts)
      const findings = findingsOf(Array.from({ length: parts }, (_none, part) => scanBase(records.slice(part * size, (part + 1) * size), now.probe())))
      if (findings !== undefined) {
        inPlace++
        assert.deepEqual(planRenames(base.snapshot(), now.probe()), findings)
      } else assert.notDeepEqual(now.paths('directories'), base.paths('directories').filter((each) => now.node(each)?.inode === base.node(each)?.inode), 'something is new or elsewhere')
    }),
    { numRuns: 300 },
  )
  assert.ok(inPlace > 50)
})

test('records can be carried out one after the other, and what is said to be of the base is there', () => {
  let records = 0
  fc.assert(
    fc.property(anyBase, anyEdits(12), (base, picks) => {
      const now = pickedEdits(base, picks)
      const plan = planOf(base, now)
      records += plan.records.length
      const carried = carryOut(base, plan)
      for (const each of now.paths('directories')) {
        const from = plan.basePathOf(each)
        const there = carried.node(each)
        // A directory that a record made on its way is not of the base.
        const isOfBase = there !== undefined && base.paths('directories').some((old) => base.node(old)?.inode === there.inode)
        const claimed = from === undefined ? undefined : base.node(from)
        if (claimed?.children !== undefined) assert.equal(there?.inode, claimed.inode, each)
        else assert.ok(!isOfBase || there?.children === undefined, `${each} has something of the base that the plan does not know`)
      }
      for (const record of plan.records) if (record.kind === 'move' && record.to !== '') assert.equal(base.node(plan.movedFrom(record.to) ?? '')?.inode, now.node(record.to)?.inode)
    }),
    { numRuns: 400 },
  )
  assert.ok(records > 100, `${records} records in all`)
})

const moves = (plan: RenamePlanView): string[] => plan.records.map((record) => (record.kind === 'temporary' ? `in ${record.directory}` : `${record.from}>${record.to}`))

test('what can be ordered is carried: into new directories, along with a parent, in chains and circles', () => {
  const cases: readonly (readonly [base: ModelTree, edits: readonly Edit[], records: readonly string[]])[] = [
    [treeOf('a/', 'a/f'), [], []],
    [treeOf('a/', 'a/f'), [['move', 'a', 'z']], ['a>z']],
    [treeOf('a/', 'a/f'), [['mkdir', 'n'], ['mkdir', 'n/m'], ['move', 'a', 'n/m/a']], ['a>n/m/a']],
    [treeOf('a/', 'a/b/', 'd/'), [['move', 'a', 'z'], ['move', 'z/b', 'd/bb']], ['a/b>d/bb', 'a>z']],
    [treeOf('a/', 'b/', 'c/'), [['move', 'c', 'd'], ['move', 'b', 'c'], ['move', 'a', 'b']], ['c>d', 'b>c', 'a>b']],
    [treeOf('d/', 'd/p/', 'd/q/'), [['move', 'd/p', 't'], ['move', 'd/q', 'd/p'], ['move', 't', 'd/q']], ['in d', 'd/q>', 'd/p>d/q', '>d/p']],
    [treeOf('a/', 'b/', 'c/'), [['move', 'a', 't'], ['move', 'b', 'a'], ['move', 'c', 'b'], ['move', 't', 'c']], ['in .', 'b>', 'a>c', 'c>b', '>a']],
    // Which GNU tar 1.34 itself gets wrong: a directory that moves below what was below it.
    [treeOf('a/', 'a/b/', 'a/b/c/', 'a/b/c/f'), [['move', 'a/b/c', 'k'], ['move', 'a/b', 'k/b2'], ['move', 'a', 'k/b2/a2']], ['a/b/c>k', 'a/b>k/b2', 'a>k/b2/a2']],
    [treeOf('a/', 'a/f', 'b/', 'b/x/'), [['remove', 'a'], ['mkdir', 'a'], ['move', 'b/x', 'a/x']], ['b/x>a/x']],
  ]
  for (const [base, edits, records] of cases) {
    const plan = planOf(base, edited(base, edits))
    carryOut(base, plan)
    assert.deepEqual([...moves(plan)].toSorted(), [...records].toSorted(), JSON.stringify(edits))
  }
})

test('what cannot be ordered is gone and new, and the other names of its files are dumped with it', () => {
  const cases: readonly (readonly [base: ModelTree, edits: readonly Edit[], apart: string])[] = [
    // The new name is a file of the base, or a directory that goes only when the archive is extracted.
    [treeOf('a/', 'a/f', 'z'), [['remove', 'z'], ['move', 'a', 'z']], 'z/f'],
    [treeOf('a/', 'a/f', 'z/', 'z/g'), [['remove', 'z'], ['move', 'a', 'z']], 'z/f'],
    // Inside out.
    [treeOf('a/', 'a/b/', 'a/b/f'), [['move', 'a/b', 'x'], ['move', 'a', 'x/b'], ['move', 'x', 'a']], 'a/f'],
    // Two that change places, one of which lies in what cannot move.
    [treeOf('a/', 'a/s/', 'a/s/f', 'z'), [['remove', 'z'], ['move', 'a', 'z']], 'z/s/f'],
  ]
  for (const [base, edits, apart] of cases) {
    const now = edited(base, edits)
    const plan = planOf(base, now)
    assert.deepEqual(moves(plan), [])
    assert.ok(plan.isLinkApart({ words: Int32Array.from({ length: 64 }, (_, word) => (word === 8 ? (now.node(apart)?.inode ?? 0) : 0)) }), apart)
    assert.ok(!plan.isLinkApart({ words: new Int32Array(64) }))
  }
})

test('another way to the same directory is no move', () => {
  const base = treeOf('a/', 'a/f')
  const now = base.copy()
  const inode = now.node('a')
  assert.ok(inode !== undefined)
  now.top.children?.set('bound', inode)
  now.top.changed++
  assert.deepEqual(planOf(base, now).records, [])
})

test('a base of another file system, or none of the top, plans nothing it cannot carry out', () => {
  const now = treeOf('a/', 'a/f', 'b/')
  const plan = planOf(new ModelTree(), now)
  assert.deepEqual(plan.records, [])
  assert.ok(plan.isLinkApart({ words: Int32Array.from({ length: 64 }, (_, word) => (word === 8 ? (now.node('a/f')?.inode ?? 0) : 0)) }))
})

/** The members of a dump of `now`: everything for a full, else what is not in the base where the plan says. Files hold their inode. */
function membersOf(now: ModelTree, base: ModelTree | undefined, plan: RenamePlanView | undefined): ArchiveMember[] {
  const writer = new DumpdirWriter()
  return ['.', ...now.paths('directories')].flatMap((directory): ArchiveMember[] => {
    writer.begin()
    const files: ArchiveMember[] = []
    const from = plan?.basePathOf(directory)
    for (const [name, child] of [...(now.node(directory)?.children ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const isKnown = child.children === undefined && from !== undefined && base?.node(from)?.children?.get(name)?.inode === child.inode
      writer.add(child.children !== undefined ? DUMPDIR_DIRECTORY : isKnown ? DUMPDIR_ELSEWHERE : DUMPDIR_HERE, Buffer.from(name), 0, name.length)
      if (child.children === undefined && !isKnown) files.push({ name: `./${directory === '.' ? '' : `${directory}/`}${name}`, type: '0', data: String(child.inode) })
    }
    if (directory === '.') writer.addRenames(plan?.records ?? [])
    return [{ name: directory === '.' ? './' : `./${directory}/`, type: 'D', data: Buffer.from(writer.finish()).slice() }, ...files]
  })
}

/** Every path with its inode for files, as a tree on the disk or in memory has it. */
function contentsOf(dir: string): string[] {
  return (readdirSync(dir, { recursive: true, withFileTypes: true }))
    .map((entry) => {
      const full = path.join(entry.parentPath, entry.name)
      const below = path.relative(dir, full)
      return entry.isDirectory() ? `${below}/` : `${below}=${readFileSync(full, 'utf8')}`
    })
    .toSorted()
}

test('GNU tar restores what the plan says: base, records, purge, new files', (t) => {
  if (!/GNU tar/.test(spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout ?? '')) return t.skip('no GNU tar here')
  const root = mkdtempSync(path.join(tmpdir(), 'holdfast-renames-'))
  t.after(() => rmSync(root, { recursive: true }))
  let round = 0
  let records = 0
  fc.assert(
    fc.property(anyBase, anyEdits(10), (base, picks) => {
      const now = pickedEdits(base, picks)
      const plan = planOf(base, now)
      records += plan.records.length
      const dir = path.join(root, String(round++))
      mkdirSync(dir)
      for (const members of [membersOf(base, undefined, undefined), membersOf(now, base, plan)]) {
        writeFileSync(`${dir}.tar`, makeArchive(members))
        const run = spawnSync('tar', ['--incremental', '-x', '-f', `${dir}.tar`], { cwd: dir, encoding: 'utf8' })
        assert.equal(run.stderr, '')
        assert.equal(run.status, 0)
      }
      assert.deepEqual(contentsOf(dir), [...now.paths('directories').map((each) => `${each}/`), ...now.paths('files').map((each) => `${each}=${now.node(each)?.inode}`)].toSorted())
      rmSync(dir, { recursive: true })
    }),
    { numRuns: 25 },
  )
  assert.ok(records > 20, `${records} records in all`)
})
