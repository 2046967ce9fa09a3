import assert from 'node:assert/strict'
import { chmodSync, linkSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { formatSumLine, SUMS_FOLLOW, type CompareCounts, type LiveDifference } from '../wire/compare/compare-lines.ts'
import { formatIndexEntry, type IndexAttributes } from '../wire/tar/index-entry.ts'
import { escapeName } from '../wire/tar/index-line.ts'
import { PLAIN_SETTINGS } from '../../testkit/inline-archive.ts'
import { ContentSum } from '../stream/content-sum.ts'
import { LeftOut } from './left-out.ts'
import { LiveComparer } from './live-comparer.ts'

/** All that was made for the test is older than this dump. */
const LATER_NS = 4_000_000_000_000_000_000n

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-compare-'))
  mkdirSync(path.join(dir, 'a/inner'), { recursive: true })
  for (const name of ['a/one', 'a/two\n', 'a/inner/three', 'top']) writeFileSync(path.join(dir, name), name)
  symlinkSync('one', path.join(dir, 'a/link'))
  linkSync(path.join(dir, 'a/one'), path.join(dir, 'z-same'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** The line of a dump that saw `name` as it is now. */
function lineOf(name: string, type: IndexAttributes['type'], extra: Partial<IndexAttributes> = {}): string {
  const { size, mtimeNs, mode, uid, gid } = lstatSync(path.join(dir, name), { bigint: true })
  const line = `/${escapeName(Buffer.from(name).toString('latin1'))}${type === 'd' && name !== '' ? '/' : ''}`
  return formatIndexEntry(line, { type, offset: 0, spanBytes: 512, size: type === 'f' ? Number(size) : 0, mtimeNs, mode: Number(mode & 0o7777n), uid: Number(uid), gid: Number(gid), userName: '', groupName: '', ...extra })
}

function lines(): string[] {
  return [lineOf('', 'd'), lineOf('a', 'd'), lineOf('a/inner', 'd'), lineOf('a/inner/three', 'f'), lineOf('a/link', 'l', { target: 'one' }), lineOf('a/one', 'f'), lineOf('a/two\n', 'f'), lineOf('top', 'f'), lineOf('z-same', 'h', { target: '/a/one' })]
}

async function compare(given: readonly string[], sinceNs = LATER_NS, leftOut = new LeftOut({ ...PLAIN_SETTINGS, top: dir }, true)): Promise<{ counts: CompareCounts; told: string[] }> {
  const told: LiveDifference[] = []
  const comparer = new LiveComparer(dir, sinceNs, leftOut, (difference) => Promise.resolve(void told.push(difference)))
  for (const line of given) await comparer.take(line)
  return { counts: await comparer.finish(), told: told.map(({ kind, path: name }) => `${kind} ${name}`) }
}

test('a disk as it was dumped has no differences', async () => {
  const { counts, told } = await compare(lines())
  assert.deepEqual(told, [])
  assert.equal(counts.same, 9)
})

test('what differs although nothing was changed is told, each by its kind', async () => {
  const recorded = lines()
  writeFileSync(path.join(dir, 'a/inner/three'), 'longer than it was')
  chmodSync(path.join(dir, 'a/two\n'), 0o711)
  utimesSync(path.join(dir, 'top'), 1, 1)
  rmSync(path.join(dir, 'a/link'))
  mkdirSync(path.join(dir, 'a/link'))
  const { told, counts } = await compare([...recorded.slice(0, 6), formatIndexEntry('/a/never-was', { type: 'f', offset: 0, spanBytes: 512, size: 1, mtimeNs: 1n, mode: 0o644, uid: 0, gid: 0, userName: '', groupName: '' }), ...recorded.slice(6)])
  assert.deepEqual(told.filter((line) => !line.endsWith('/a')), ['damaged /a/inner/three', 'damaged /a/link', 'missing /a/never-was', String.raw`metadata /a/two\n`, 'metadata /top'])
  assert.equal(counts.damaged, 2)
})

test('what was changed, made or removed after the dump is no fault', async () => {
  const recorded = lines()
  writeFileSync(path.join(dir, 'a/inner/three'), 'longer than it was')
  rmSync(path.join(dir, 'a/two\n'))
  writeFileSync(path.join(dir, 'a/new'), 'new')
  const { counts, told } = await compare(recorded, 0n)
  assert.equal(counts.damaged + counts.missing + counts.absent + counts.metadata, 0, told.join(', '))
  assert.ok(['changed /a/inner/three', String.raw`changed /a/two\n`, 'changed /a/new'].every((line) => told.includes(line)), told.join(', '))
})

test('what no line tells of is absent from the dump', async () => {
  const { told } = await compare(lines().filter((line) => !line.startsWith('/a/inner/') && !line.startsWith('/top')))
  assert.deepEqual(told.toSorted(), ['absent /a/inner', 'absent /top'])
})

test('what patterns, lists, tags and flags leave out is not absent', async () => {
  for (const name of ['cache', 'wanted/deep', 'unwanted']) mkdirSync(path.join(dir, name), { recursive: true })
  writeFileSync(path.join(dir, 'cache/CACHEDIR.TAG'), 'Signature: 8a477f597d28d172789f06886806bc55\n')
  for (const name of ['cache/thing', 'a/x.o', 'unwanted/file', 'no-cache']) writeFileSync(path.join(dir, name), '')
  const recorded = [...lines(), lineOf('cache', 'd'), lineOf('cache/CACHEDIR.TAG', 'f')]
  const settings = { ...PLAIN_SETTINGS, top: dir, excludes: ['*.o', './unwanted'], isCacheSkipped: true }
  assert.deepEqual((await compare(recorded)).told.toSorted(), ['absent /a/x.o', 'absent /cache/thing', 'absent /no-cache', 'absent /unwanted', 'absent /wanted'])
  assert.deepEqual((await compare(recorded, LATER_NS, new LeftOut(settings, true))).told.toSorted(), ['absent /no-cache', 'absent /wanted'])
  assert.deepEqual((await compare(recorded, LATER_NS, new LeftOut(settings, false))).told.toSorted(), ['absent /cache/thing', 'absent /no-cache', 'absent /wanted'])
  const some = { ...settings, includes: ['a', 'cache', 'wanted/deep'] }
  assert.deepEqual((await compare(recorded, LATER_NS, new LeftOut(some, true))).told, ['absent /wanted'])
})

test('contents are compared behind the tree, where nobody changed them since', async () => {
  const sum = (name: string, content: string, size = content.length): string => {
    const of = new ContentSum()
    of.update(Buffer.from(content), 0)
    return formatSumLine({ sum: of.digest(), size, path: `/${escapeName(name)}` }).slice(0, -1)
  }
  const sums = [sum('a/one', 'a/one'), sum('a/two\n', 'a/TWO\n'), sum('top', 'longer'), sum('a/link', 'one'), sum('gone', 'gone'), sum('a/inner', 'a'), sum('top/below', 'b')]
  const { counts, told } = await compare([...lines(), SUMS_FOLLOW, ...sums])
  assert.deepEqual(told, [String.raw`damaged /a/two\n`])
  assert.equal(counts.contents, 1)
  assert.equal((await compare([...lines(), SUMS_FOLLOW, ...sums], 0n)).counts.contents, 0)
  await assert.rejects(compare([SUMS_FOLLOW, 'rubbish']), { code: 'wire-malformed' })
})

test('of each kind no more than some are told, and all are counted', async () => {
  for (let index = 0; index < 300; index++) writeFileSync(path.join(dir, `extra-${index}`), '')
  const { told, counts } = await compare(lines().slice(1))
  assert.ok(counts.absent === 0 && told.length < 300)
  const all = await compare([lineOf('', 'd'), ...lines().slice(1)])
  assert.equal(all.counts.absent, 300)
  assert.equal(all.told.length, 200)
})
