import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { dumpId, runId } from '../catalog/ids.ts'
import type { DumpRecord } from '../catalog/contract.ts'
import { indexPath } from '../catalog/index-file/index-format.ts'
import { createIndexWriter } from '../catalog/index-file/index-writer.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { formatIndexEntry, type IndexAttributes } from '../wire/tar/index-entry.ts'
import { openTreeAt, type TreeEntry } from './tree-at.ts'

let dir = ''
before(() => (dir = mkdtempSync(path.join(tmpdir(), 'holdfast-tree-'))))
after(() => rmSync(dir, { recursive: true, force: true }))

/** A file has a version, a directory what is in it. Both keep their identity when they are moved. */
type Item = { readonly kind: 'file'; version: number } | { readonly kind: 'directory'; readonly id: number; readonly items: Map<string, Item> }
type Directory = Extract<Item, { kind: 'directory' }>

const NAMES = ['a', 'a-', 'a.b', 'a0', 'b', 'b ', 'c'] as const

interface Edit {
  readonly kind: 'file' | 'directory' | 'remove' | 'move'
  readonly at: number
  readonly to: number
  readonly name: string
}

const edit: fc.Arbitrary<Edit> = fc.record({ kind: fc.constantFrom('file', 'file', 'directory', 'directory', 'remove', 'move', 'move'), at: fc.nat(), to: fc.nat(), name: fc.constantFrom(...NAMES) })

function directoriesOf(top: Directory): Directory[] {
  return [top, ...[...top.items.values()].flatMap((item) => (item.kind === 'directory' ? directoriesOf(item) : []))]
}

let nextId = 1

function applyEdit(top: Directory, { kind, at, to, name }: Edit): void {
  const all = directoriesOf(top)
  const directory = all[at % all.length] ?? top
  switch (kind) {
    case 'file':
      directory.items.set(name, { kind: 'file', version: nextId++ })
      return
    case 'directory':
      directory.items.set(name, { kind: 'directory', id: nextId++, items: new Map() })
      return
    case 'remove':
      directory.items.delete(name)
      return
    case 'move': {
      const [from, moved] = [...directory.items][to % Math.max(1, directory.items.size)] ?? []
      if (from === undefined || moved === undefined) return
      const inside = moved.kind === 'directory' ? new Set(directoriesOf(moved)) : new Set<Directory>()
      const others = all.filter((each) => !inside.has(each))
      directory.items.delete(from)
      others[to % others.length]?.items.set(name, moved)
    }
  }
}

function copyOf(directory: Directory): Directory {
  return { ...directory, items: new Map([...directory.items].map(([name, item]) => [name, item.kind === 'file' ? { ...item } : copyOf(item)])) }
}

function attributes(type: IndexAttributes['type'], size: number, extra: Partial<IndexAttributes> = {}): IndexAttributes {
  return { type, offset: type === 'w' ? undefined : 512, spanBytes: 512, size, mtimeNs: 0n, mode: 0o755, uid: 0, gid: 0, userName: '', groupName: '', ...extra }
}

/** Lines of a dump of `now` on top of one of `base`. `frills`: also says what follows from the rest. */
function linesOf(base: Directory | undefined, now: Directory, frills: boolean): string[] {
  const basePaths = new Map<number, [string, Directory]>()
  const collect = (at: string, directory: Directory): void => {
    basePaths.set(directory.id, [at, directory])
    for (const [name, item] of directory.items) if (item.kind === 'directory') collect(`${at}${name}/`, item)
  }
  if (base !== undefined) collect('/', base)
  const lines: string[] = []
  const tell = (at: string, directory: Directory, implied: string | undefined): void => {
    const [was, old] = basePaths.get(directory.id) ?? []
    const extra = base === undefined ? {} : was === undefined ? { isOpaque: true } : was === implied ? {} : { renamedFrom: was }
    lines.push(formatIndexEntry(at, attributes('d', directory.id, extra)))
    for (const [name, item] of directory.items) {
      const before = old?.items.get(name)
      if (item.kind === 'directory') tell(`${at}${name}/`, item, was === undefined ? undefined : `${was}${name}/`)
      else if (before?.kind !== 'file' || before.version !== item.version) lines.push(formatIndexEntry(`${at}${name}`, attributes('f', item.version)))
    }
    for (const [name, before] of old?.items ?? []) {
      const item = directory.items.get(name)
      const isGone = item === undefined || (frills && (item.kind !== before.kind || (item.kind === 'directory' && before.kind === 'directory' && item.id !== before.id)))
      if (isGone) lines.push(formatIndexEntry(`${at}${name}${before.kind === 'directory' ? '/' : ''}`, attributes('w', 0)))
    }
  }
  tell('/', now, '/')
  return lines
}

interface Expected {
  readonly path: string
  readonly kind: string
  readonly size: number | undefined
}

function seen(entry: TreeEntry): Expected {
  return { path: entry.path, kind: entry.kind, size: entry.attributes?.size }
}

/** All of a tree in the order of a walk. */
function expectedOf(at: string, directory: Directory): Expected[] {
  const keyed = [...directory.items].map(([name, item]) => ({ key: item.kind === 'directory' ? `${name}/` : name, name, item })).toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const below = keyed.flatMap(({ name, item }) => (item.kind === 'directory' ? expectedOf(`${at === '/' ? '' : at}/${name}`, item) : [{ path: `${at === '/' ? '' : at}/${name}`, kind: 'file', size: item.version }]))
  return [{ path: at, kind: 'directory', size: directory.id }, ...below]
}

async function gather(entries: AsyncIterable<TreeEntry>): Promise<Expected[]> {
  const found: Expected[] = []
  for await (const entry of entries) found.push(seen(entry))
  return found
}

function record(level: number): DumpRecord {
  const run = runId(`2026010100000${level}`)
  return { id: dumpId(run, 'h', '/d', level), run, host: 'h', disk: '/d', level, status: 'complete', startedMs: 0, nativeBytes: 0, storedBytes: 0, attempts: 1 }
}

async function writeIndex(directory: string, dump: DumpRecord, lines: readonly string[]): Promise<void> {
  const writer = await createIndexWriter(nodeDisk, indexPath(directory, dump))
  for (const line of lines) await writer.add(line)
  await writer.finish()
}

test('the indexes over each other are the tree as it was, whatever was edited, removed, moved or changed its kind', async () => {
  const place = { disk: nodeDisk, directory: path.join(dir, 'property') }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(edit, { minLength: 1, maxLength: 14 }), { minLength: 1, maxLength: 5 }), fc.boolean(), async (levels, frills) => {
      const now: Directory = { kind: 'directory', id: 0, items: new Map() }
      let base: Directory | undefined
      const chain: DumpRecord[] = []
      for (const [level, edits] of levels.entries()) {
        for (const each of edits) applyEdit(now, each)
        chain.push(record(level))
        await writeIndex(place.directory, record(level), linesOf(base, now, frills))
        base = copyOf(now)
      }
      await using tree = await openTreeAt(place, chain)
      const expected = expectedOf('/', now)
      assert.deepEqual(await gather(tree.walk('/')), expected)
      for (const { path: at, kind } of expected) {
        const entry = await tree.stat(at)
        assert.deepEqual(entry === undefined ? undefined : seen(entry), expected.find((each) => each.path === at))
        const below = expected.filter((each) => each.path !== at && each.path.startsWith(at === '/' ? '/' : `${at}/`))
        const direct = below.filter((each) => !each.path.slice(at === '/' ? 1 : at.length + 1).includes('/'))
        assert.deepEqual(await gather(tree.list(at)), kind === 'directory' ? direct : [])
      }
      assert.equal(await tree.stat('/c/nothing'), undefined)
    }),
    { numRuns: 60 },
  )
})

test('dumps with names alone are a union, where a file hides a directory of a lower level', async () => {
  const place = { disk: nodeDisk, directory: path.join(dir, 'names') }
  await writeIndex(place.directory, record(0), ['/', '/a/', '/a/x', '/b', '/dir/deep/file', '/gone'])
  await writeIndex(place.directory, record(1), ['/', '/a', '/b', '/b-/', '/dir/'])
  await using tree = await openTreeAt(place, [record(0), record(1), record(2)])
  assert.deepEqual(tree.withoutIndex.map(({ level }) => level), [2])
  const found: string[] = []
  for await (const { path: at, kind, dump } of tree.walk('/')) found.push(`${dump.level} ${kind} ${at}`)
  assert.deepEqual(found, ['1 directory /', '1 file /a', '1 file /b', '1 directory /b-', '1 directory /dir', '0 directory /dir/deep', '0 file /dir/deep/file', '0 file /gone'])
  assert.equal(await tree.stat('/a/x'), undefined)
})

test('a name that a dump has twice is the later member; damaged attributes are none; renames without end are refused', async () => {
  const place = { disk: nodeDisk, directory: path.join(dir, 'odd') }
  const twice = [9, 1024, 200].map((offset) => formatIndexEntry('/twice', attributes('f', offset, { offset })))
  await writeIndex(place.directory, record(0), ['/', ...twice, '/damaged\tf 1 2'])
  {
    await using tree = await openTreeAt(place, [record(0)])
    assert.equal((await tree.stat('/twice'))?.attributes?.size, 1024)
    assert.deepEqual((await gather(tree.list('/'))).map(({ path: at, size }) => [at, size]), [['/damaged', undefined], ['/twice', 1024]])
  }
  const deep = Array.from({ length: 40 }, (_, index) => `/${'x/'.repeat(index + 1)}`)
  const chain = Array.from({ length: 8 }, (_, level) => record(level))
  for (const dump of chain) await writeIndex(place.directory, dump, deep.map((at) => formatIndexEntry(at, attributes('d', 0, { renamedFrom: deep.at(-1) ?? '/' }))))
  await using tree = await openTreeAt(place, chain)
  await assert.rejects(tree.stat(deep.at(-1) ?? '/'), { code: 'index-damaged' })
})
