import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { dumpOf, entryOf } from '../../../testkit/memory-tree.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { extractExit, extractText } from './extract-report.ts'
import { extractWishes, type ExtractWords } from './extract-words.ts'
import { ShellHistory } from './history.ts'
import { fateOf, isLeftAlone, type ThereOptions } from './there.ts'

let dir = ''
before(() => (dir = mkdtempSync(path.join(tmpdir(), 'recover-words-'))))
after(() => rmSync(dir, { recursive: true }))

const WORDS: ExtractWords = { to: undefined, isOriginal: false, toAgent: undefined, existing: undefined, owners: undefined, excludes: [], isResumed: false, isDryRun: false }

test('where to and how, and what does not go together', () => {
  assert.deepEqual(extractWishes({ ...WORDS, to: '/x' }, undefined), { goal: { kind: 'here', target: '/x' }, existing: 'refuse', owners: 'number', excludes: [], isResumed: false, isDryRun: false })
  assert.deepEqual(extractWishes(WORDS, '/here').goal, { kind: 'here', target: '/here' })
  assert.deepEqual(extractWishes({ ...WORDS, isOriginal: true, existing: 'newer' }, '/here').goal, { kind: 'original' })
  assert.deepEqual(extractWishes({ ...WORDS, toAgent: 'desk', to: '/y' }, undefined).goal, { kind: 'agent', host: 'desk', target: '/y', existing: undefined })
  const wrong: Partial<ExtractWords>[] = [{}, { isOriginal: true, to: '/x' }, { toAgent: 'desk' }, { to: '/x', existing: 'maybe' }, { to: '/x', owners: 'all' }, ...[{ isOriginal: true }, { existing: 'maybe' }, { owners: 'none' }, { excludes: ['x'] }, { isResumed: true }].map((each) => ({ ...each, toAgent: 'desk', to: '/y' }))]
  for (const words of wrong) assert.throws(() => extractWishes({ ...WORDS, ...words }, undefined), { code: 'usage-wrong' }, JSON.stringify(words))
})

test('counts, reasons and exit codes', () => {
  const problem = { path: 'a\xff', reason: 'is there already', code: 'exists', severity: 'failed' } as const
  const result = { target: '/x', dumps: [dumpOf(1)], counts: { restored: 2, skipped: 1, failed: 1, bytes: 5 }, problems: [problem], bytesRead: 2048, missing: ['/gone'] }
  assert.equal(extractText(result), '2 restored, 1 skipped, 1 failed: 5 B written to /x, 2 KiB read (level 1 of 2026-11-21 00:00:00).\nfailed: a\\377: is there already [exists]\nnot in the disk at that date: /gone\n')
  assert.equal(extractExit(result), 66)
  assert.equal(extractExit({ ...result, missing: [] }), 4)
  assert.equal(extractExit({ ...result, missing: [], problems: [problem, { ...problem, severity: 'strange' }] }), 6)
  assert.equal(extractExit({ counts: { ...result.counts, failed: 0 }, problems: [], missing: [] }), 0)
})

test('what is there decides what is read and what becomes of it', async () => {
  const file = path.join(dir, 'f')
  writeFileSync(file, 'four')
  utimesSync(file, 1000, 1000)
  const entry = entryOf('/f', { attributes: { size: 4, mtimeNs: 1_000_000_000_000n } })
  const newer = entryOf('/f', { attributes: { size: 4, mtimeNs: 1_001_000_000_000n } })
  const options = (more: Partial<ThereOptions>): ThereOptions => ({ disk: nodeDisk, target: dir, existing: 'refuse', isResumed: false, ...more })
  assert.equal(await isLeftAlone(options({}), '/f', entry), false)
  assert.equal(await isLeftAlone(options({ isResumed: true }), '/f', entry), true)
  assert.equal(await isLeftAlone(options({ isResumed: true }), '/f', newer), false)
  assert.equal(await isLeftAlone(options({ existing: 'keep' }), '/f', newer), true)
  assert.equal(await isLeftAlone(options({ existing: 'keep' }), '/nothing', newer), false)
  assert.equal(await isLeftAlone(options({ existing: 'newer' }), '/f', entry), true)
  assert.equal(await isLeftAlone(options({ existing: 'newer' }), '/f', newer), false)
  assert.deepEqual(await Promise.all((['refuse', 'replace', 'keep', 'newer', 'beside'] as const).map((existing) => fateOf(options({ existing }), '/f', newer))), ['refuse', 'replace', 'skip', 'replace', 'beside'])
  assert.equal(await fateOf(options({ target: undefined }), '/f', newer), 'restore')
})

test('a history is kept for the next shell, without doubles, readable by nobody else', async () => {
  const file = path.join(dir, 'state', 'history')
  const first = await ShellHistory.open(nodeDisk, file)
  const second = await ShellHistory.open(nodeDisk, file)
  for (const line of ['ls', 'ls', '  ', 'cd é']) first.add(line)
  await first.close()
  second.add('pwd')
  await second.close()
  assert.equal(readFileSync(file, 'utf8'), 'ls\ncd é\npwd\n')
  assert.equal(statSync(file).mode & 0o077, 0)
  assert.deepEqual((await ShellHistory.open(nodeDisk, file)).lines, ['ls', 'cd é', 'pwd'])
  symlinkSync('/proc/nowhere/at/all', path.join(dir, 'broken'))
  const unwritable = await ShellHistory.open(nodeDisk, path.join(dir, 'broken', 'history'))
  unwritable.add('ls')
  await unwritable.close()
  assert.deepEqual(unwritable.lines, ['ls'])
})
