import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { seededRandom } from '../kernel/random.ts'
import { compareTrees } from '../../testkit/tree-compare.ts'
import { makeHardCases } from '../../testkit/tree.ts'
import { createMemoryVolumes, type MemoryVolumes } from '../../testkit/memory-volumes.ts'
import { makeArchive, type ArchiveMember } from '../../testkit/tar-writer.ts'
import { restoreToDirectory, type RestoreTools } from './extract.ts'
import { planRestore } from './plan.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-restore-'))
})
after(() => rmSync(dir, { recursive: true }))

const HOST = 'client'
const DISK = '/srv'
const never = new AbortController().signal

function toolsFor(volumes: MemoryVolumes): RestoreTools {
  const stores = { catalog: volumes.catalog, holding: volumes.holding, changers: [volumes.changer] }
  return { stores, disk: nodeDisk, processes: nodeProcesses, random: seededRandom(Number(process.hrtime.bigint() % 1_000_000n)), events: () => undefined }
}

function dumpTree(tree: string, snapshot: string): Buffer {
  const argv = ['--create', '--file=-', `--directory=${tree}`, `--listed-incremental=${snapshot}`, '--sparse', '--xattrs', '--acls', '--format=posix', '--warning=no-new-dir', '.']
  return execFileSync('tar', argv, { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] })
}

async function restore(volumes: MemoryVolumes, target: string, paths: readonly string[] = [], notAfter?: string): ReturnType<typeof restoreToDirectory> {
  const chain = planRestore(await volumes.catalog.dumps(), { host: HOST, disk: DISK, ...(notAfter === undefined ? {} : { notAfter: notAfter as never }) })
  return await restoreToDirectory(toolsFor(volumes), chain, paths, target, never)
}

test('levels 0, 1 and 2 give back the tree of each day, with deletions, renames and files that became directories', async () => {
  const tree = path.join(dir, 'tree')
  makeHardCases(tree)
  mkdirSync(path.join(tree, 'old', 'below'), { recursive: true })
  writeFileSync(path.join(tree, 'old', 'below', 'kept'), 'kept')
  writeFileSync(path.join(tree, 'gone'), 'gone')
  writeFileSync(path.join(tree, 'was-file'), 'file')
  mkdirSync(path.join(tree, 'was-dir'))
  writeFileSync(path.join(tree, 'was-dir', 'x'), 'x')
  symlinkSync('/etc', path.join(tree, 'was-link'))
  const volumes = createMemoryVolumes()
  const saved: string[] = []
  const save = async (level: number): Promise<void> => {
    const copy = path.join(dir, `saved${level}`)
    execFileSync('cp', ['-a', tree, copy])
    saved.push(copy)
    const data = dumpTree(tree, path.join(dir, 'snapshot'))
    await volumes.addDump({ run: `2026010${level + 1}000000`, host: HOST, disk: DISK, level, ...(level === 0 ? {} : { baseRun: `2026010${level}000000` }), data, compress: level === 1 ? { kind: 'zstd', where: 'client', level: 1 } : { kind: 'none' } })
  }
  await save(0)
  renameSync(path.join(tree, 'old'), path.join(tree, 'new'))
  rmSync(path.join(tree, 'gone'))
  rmSync(path.join(tree, 'was-file'))
  mkdirSync(path.join(tree, 'was-file'))
  writeFileSync(path.join(tree, 'was-file', 'inside'), 'inside')
  rmSync(path.join(tree, 'was-link'))
  mkdirSync(path.join(tree, 'was-link'))
  writeFileSync(path.join(tree, 'was-link', 'passwd'), 'ours')
  await save(1)
  rmSync(path.join(tree, 'was-dir'), { recursive: true })
  writeFileSync(path.join(tree, 'was-dir'), 'now a file')
  writeFileSync(path.join(tree, 'was-link', 'more'), 'more')
  await save(2)
  for (const [level, copy] of saved.entries()) {
    const target = path.join(dir, `restored${level}`)
    const result = await restore(volumes, target, [], `2026010${level + 1}000000`)
    assert.deepEqual(result.problems, [])
    assert.deepEqual(compareTrees(copy, target).differences, [])
  }
  const some = path.join(dir, 'some')
  const result = await restore(volumes, some, ['/new/below', 'was-link/more', '/gone', '/nothing'])
  assert.deepEqual(result.missingPaths, ['/gone', '/nothing'])
  assert.deepEqual(readdirSync(some, { recursive: true }).map(String).toSorted((a, b) => (a < b ? -1 : 1)), ['new', 'new/below', 'new/below/kept', 'was-link', 'was-link/more'])
  const early = path.join(dir, 'early')
  assert.deepEqual((await restore(volumes, early, ['/old', '/names'], '20260101000000')).missingPaths, [])
  assert.deepEqual(compareTrees(path.join(saved[0] ?? '', 'names'), path.join(early, 'names')).differences, [])
  assert.deepEqual(readdirSync(dir).filter((name) => name.startsWith('.holdfast')), [], 'no staging directory is left')
})

test('a target that is used is refused and left alone', async () => {
  const volumes = createMemoryVolumes()
  await volumes.addDump({ run: '20260101000000', host: HOST, disk: DISK, level: 0, data: makeArchive([{ name: './a', type: '0', data: 'a' }]) })
  const used = path.join(dir, 'used')
  mkdirSync(used)
  writeFileSync(path.join(used, 'mine'), 'mine')
  await assert.rejects(restore(volumes, used), { code: 'restore-target' })
  symlinkSync('/tmp', path.join(dir, 'link'))
  await assert.rejects(restore(volumes, path.join(dir, 'link')), { code: 'restore-target' })
  const empty = path.join(dir, 'was-empty')
  mkdirSync(empty)
  await restore(volumes, empty)
  assert.equal(readFileSync(path.join(empty, 'a'), 'utf8'), 'a')
})

const ODD = Buffer.from([0x2e, 0x2f, 0xff])
const ATTACKS: Readonly<Record<string, readonly (readonly ArchiveMember[])[]>> = {
  'an absolute name': [[{ name: 'OUTSIDE/x', type: '0', data: 'x' }]],
  'a name with ..': [[{ name: './a/../../escaped', type: '0', data: 'x' }]],
  'a hard link to an absolute name': [[{ name: './h', type: '1', linkName: 'OUTSIDE/secret' }]],
  'a hard link with ..': [[{ name: './h', type: '1', linkName: '../outside/secret' }]],
  'a symlink and a file below it': [[{ name: './l', type: '2', linkName: 'OUTSIDE' }, { name: './l/x', type: '0', data: 'x' }]],
  'a symlink by .. and a file below it': [[{ name: './l', type: '2', linkName: '../../outside' }, { name: './l/x', type: '0', data: 'x' }]],
  'a symlink of level 0 and a file below it in level 1': [[{ name: './l', type: '2', linkName: 'OUTSIDE' }], [{ name: './l/x', type: '0', data: 'x' }]],
  'a symlink with an odd name, used in level 1': [[{ name: ODD, type: '2', linkName: 'OUTSIDE' }], [{ name: Buffer.concat([ODD, Buffer.from('/x')]), type: '0', data: 'x' }]],
  'a hard link through a symlink of level 0': [[{ name: './l', type: '2', linkName: 'OUTSIDE' }], [{ name: './h', type: '1', linkName: './l/secret' }]],
  'a chain of symlinks over levels': [[{ name: './l', type: '2', linkName: 'OUTSIDE' }, { name: './m', type: '2', linkName: 'l' }], [{ name: './m/x', type: '0', data: 'x' }]],
}

for (const [what, levels] of Object.entries(ATTACKS)) {
  test(`nothing leaves the target: ${what}`, async () => {
    const place = mkdtempSync(path.join(dir, 'attack-'))
    const outside = path.join(place, 'outside')
    mkdirSync(outside)
    writeFileSync(path.join(outside, 'secret'), 'secret')
    const fill = <T extends string | Buffer>(text: T): T | string => (typeof text === 'string' ? text.replace('OUTSIDE', outside) : text)
    const volumes = createMemoryVolumes()
    for (const [level, members] of levels.entries()) {
      const data = makeArchive(members.map((member) => ({ ...member, name: fill(member.name), ...(member.linkName === undefined ? {} : { linkName: fill(member.linkName) }) })))
      await volumes.addDump({ run: `2026010${level + 1}000000`, host: HOST, disk: DISK, level, data })
    }
    const outcome = await restore(volumes, path.join(place, 'target')).then(
      (result) => (result.problems.length > 0 ? 'problems' : 'restored'),
      (error: { code: string }) => error.code,
    )
    assert.ok(['problems', 'restore-unsafe'].includes(outcome), outcome)
    assert.deepEqual(readdirSync(outside), ['secret'])
    assert.equal(readFileSync(path.join(outside, 'secret'), 'utf8'), 'secret')
    assert.deepEqual(readdirSync(place).filter((name) => !['outside', 'target'].includes(name)), [])
    if (outcome === 'restore-unsafe') assert.equal(existsSync(path.join(place, 'target')), false)
  })
}

test('altered bytes never become a target', async () => {
  const volumes = createMemoryVolumes()
  await volumes.addDump({ run: '20260101000000', host: HOST, disk: DISK, level: 0, data: makeArchive([{ name: './a', type: '0', data: 'a'.repeat(200_000) }]) })
  const part = volumes.files.get('VOL-2')?.[0]
  assert.ok(part !== undefined)
  part.data = Buffer.from(part.data)
  part.data.writeUInt8(0x55, 500)
  await assert.rejects(restore(volumes, path.join(dir, 'altered')), { code: 'dump-crc-mismatch' })
  part.header = { ...part.header, host: 'other' } as typeof part.header
  await assert.rejects(restore(volumes, path.join(dir, 'altered')), { code: 'header-mismatch' })
  assert.equal(existsSync(path.join(dir, 'altered')), false)
})

test('the dump of a command becomes a file', async () => {
  const volumes = createMemoryVolumes()
  await volumes.addDump({ run: '20260101000000', host: HOST, disk: DISK, level: 0, data: Buffer.from('CREATE TABLE t;'), application: 'command', compress: { kind: 'gzip', where: 'server', level: 6 } })
  const result = await restore(volumes, path.join(dir, 'database.sql'))
  assert.equal(result.bytes, 15)
  assert.equal(readFileSync(path.join(dir, 'database.sql'), 'utf8'), 'CREATE TABLE t;')
})

test('what cannot be restored is said, and the rest is there', async () => {
  const volumes = createMemoryVolumes()
  const data = makeArchive([{ name: './', type: '5', mode: 0o750 }, { name: './a', type: '0', data: 'a', mode: 0o640 }, { name: './link', type: '1', linkName: './nothing' }, { name: './b', type: '0', data: 'b' }])
  await volumes.addDump({ run: '20260101000000', host: HOST, disk: DISK, level: 0, data })
  const target = path.join(dir, 'partial')
  const { problems, members } = await restore(volumes, target)
  assert.equal(members, 4)
  assert.equal(problems.length, 1)
  assert.match(problems[0] ?? '', /\.\/link: its first name "nothing" was not restored$/)
  assert.deepEqual(readdirSync(target).toSorted(), ['a', 'b'])
  assert.equal(statSync(path.join(target, 'a')).mode & 0o777, 0o640)
  assert.equal(statSync(target).mode & 0o777, 0o750)
})
