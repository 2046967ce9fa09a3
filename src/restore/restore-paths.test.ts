import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { createMemoryVolumes, type MemoryVolumes } from '../../testkit/memory-volumes.ts'
import { entryOf, memoryTree } from '../../testkit/memory-tree.ts'
import { makeArchive, type ArchiveMember } from '../../testkit/tar-writer.ts'
import type { DumpRecord } from '../catalog/contract.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { seededRandom } from '../kernel/random.ts'
import { TarMemberReader } from '../wire/tar/member-reader.ts'
import type { RestoreEvent } from './extract.ts'
import { restorePaths, type PathTools } from './restore-paths.ts'
import type { TreeAt, TreeEntry } from './tree-at.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-paths-'))
})
after(() => rmSync(dir, { recursive: true }))

const never = new AbortController().signal
const LARGE = 4_000_000
const FULL: readonly ArchiveMember[] = [
  { name: './', type: '5', mode: 0o755 },
  { name: './large', type: '0', data: 'x'.repeat(LARGE) },
  { name: './old/', type: '5', mode: 0o711 },
  { name: './old/kept', type: '0', data: 'kept', mode: 0o640 },
  { name: './gone', type: '0', data: 'gone' },
  { name: './last', type: '0', data: 'last' },
]
const NEXT: readonly ArchiveMember[] = [{ name: './last', type: '0', data: 'changed' }]

/** The entries of an archive, each where it lies. */
function entriesOf(archive: Buffer, dump: DumpRecord): TreeEntry[] {
  const found: TreeEntry[] = []
  const reader = new TarMemberReader(({ name, kind, offset, spanBytes, size }) => {
    const memberPath = `/${name.replace(/^\.\//, '').replace(/\/$/, '')}`
    found.push(entryOf(memberPath, { dump, kind: kind === 'directory' ? kind : 'file', memberPath, attributes: { offset, spanBytes, size } }))
  })
  reader.push(archive)
  reader.finish()
  return found
}

interface Disk {
  readonly volumes: MemoryVolumes
  readonly chain: readonly DumpRecord[]
  /** After the second dump: `old` is `new`, `gone` is gone. */
  readonly tree: TreeAt
}

async function makeDisk(): Promise<Disk> {
  const volumes = createMemoryVolumes()
  const [full, next] = [makeArchive(FULL), makeArchive(NEXT)]
  const first = await volumes.addDump({ run: '20260101000000', host: 'h', disk: '/d', level: 0, data: full })
  const second = await volumes.addDump({ run: '20260102000000', host: 'h', disk: '/d', level: 1, baseRun: '20260101000000', data: next })
  const entries = entriesOf(full, first).filter((entry) => entry.path !== '/' && !['/gone', '/last'].includes(entry.path))
  const moved = entries.map((entry) => (entry.path.startsWith('/old') ? { ...entry, path: entry.path.replace('/old', '/new') } : entry))
  return { volumes, chain: [first, second], tree: memoryTree([...moved, ...entriesOf(next, second)]) }
}

function toolsFor({ volumes, tree }: Disk, events: (event: RestoreEvent) => void = () => undefined): PathTools {
  const stores = { catalog: volumes.catalog, holding: volumes.holding, changers: [volumes.changer] }
  return { stores, disk: nodeDisk, processes: nodeProcesses, random: seededRandom(Number(process.hrtime.bigint() % 1_000_000n)), events, openTree: () => Promise.resolve(tree) }
}

test('files are read from where they lie, whatever else is in their dumps', async () => {
  const made = await makeDisk()
  const target = path.join(dir, 'files')
  const seen = new Set<string>()
  const result = await restorePaths(toolsFor(made, ({ kind }) => seen.add(kind)), made.chain, ['new/kept', '/last', '/gone'], target, never)
  assert.deepEqual(result.problems, [])
  assert.deepEqual(result.missingPaths, ['/gone'])
  assert.ok(result.bytes < 100_000, `${result.bytes} of more than ${LARGE} bytes were read`)
  assert.deepEqual([...seen], ['members'])
  assert.deepEqual(readdirSync(target, { recursive: true }).map(String).toSorted(), ['last', 'new', 'new/kept'])
  assert.equal(readFileSync(path.join(target, 'new', 'kept'), 'utf8'), 'kept')
  assert.equal(readFileSync(path.join(target, 'last'), 'utf8'), 'changed')
  assert.equal(statSync(path.join(target, 'new', 'kept')).mode & 0o777, 0o640)
  assert.equal(statSync(path.join(target, 'new')).mode & 0o777, 0o711, 'a directory on the way is as it was')
})

test('a target in use is refused and nothing is left beside it', async () => {
  const made = await makeDisk()
  const target = path.join(dir, 'used')
  mkdirSync(target)
  writeFileSync(path.join(target, 'mine'), 'mine')
  await assert.rejects(restorePaths(toolsFor(made), made.chain, ['/last'], target, never), { code: 'restore-target' })
  assert.deepEqual(readdirSync(target), ['mine'])
  assert.deepEqual(readdirSync(dir).filter((name) => name.startsWith('.holdfast')), [])
})

test('a path above the top is refused', async () => {
  const made = await makeDisk()
  await assert.rejects(restorePaths(toolsFor(made), made.chain, ['/a/../../etc'], path.join(dir, 'above'), never), { code: 'restore-target' })
})

test('where a dump tells too little, whole levels are read', async () => {
  const made = await makeDisk()
  const [first] = made.chain
  assert.ok(first !== undefined)
  const seen = new Set<string>()
  const target = path.join(dir, 'levels')
  const blind = { ...made, tree: memoryTree([entryOf('/old/kept', { dump: first, attributes: 'none' })]) }
  const result = await restorePaths(toolsFor(blind, ({ kind }) => seen.add(kind)), [first], ['/old/kept', '/nothing'], target, never)
  assert.ok(seen.has('dump-ended'))
  assert.ok(result.bytes > LARGE)
  assert.deepEqual(result.missingPaths, ['/nothing'])
  assert.equal(readFileSync(path.join(target, 'old', 'kept'), 'utf8'), 'kept')
})
