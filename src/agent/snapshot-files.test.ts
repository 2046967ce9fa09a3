import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { nodeDisk } from '../kernel/node-disk.ts'
import { SnapshotFiles, type DraftOrder, type PrepareDraft } from './snapshot-files.ts'

const ORDER: DraftOrder = { host: 'client', disk: '/home', device: '/home', level: 0, run: '20261127010000' }

function filesIn(t: TestContext, prepare?: PrepareDraft): { files: SnapshotFiles; root: string; there: () => string[] } {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-snapshots-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const root = path.join(dir, 'archive')
  return { files: new SnapshotFiles(nodeDisk, root, prepare), root, there: () => readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\d{14}/.test(name)).toSorted() }
}

async function kept(files: SnapshotFiles, order: Partial<DraftOrder>): Promise<string> {
  const draft = await files.draft({ ...ORDER, ...order }, 'new')
  writeFileSync(draft.path, `${order.level ?? 0} of ${order.run ?? ORDER.run}`)
  await files.keep(draft)
  return draft.path.replace(/\.new$/, '')
}

test('a dump builds on the run that the server names, else on the newest of the level below', async (t) => {
  const { files } = filesIn(t)
  assert.deepEqual((await files.draft(ORDER, 'new')).base, undefined)
  const full = await kept(files, {})
  await kept(files, { run: '20261128010000' })
  const first = await kept(files, { level: 1, run: '20261129010000' })
  const named = await files.draft({ ...ORDER, level: 1, run: '20261130010000', baseRun: ORDER.run }, 'new')
  assert.deepEqual(named.base, { level: 0, run: ORDER.run })
  assert.equal(named.basePath, full)
  assert.equal((await files.draft({ ...ORDER, level: 2, run: '20261130010000' }, 'new')).basePath, first)
  assert.deepEqual((await files.draft({ ...ORDER, level: 1, run: '20261130010000' }, 'estimate')).base, { level: 0, run: '20261128010000' })
  for (const order of [{ level: 1, baseRun: '20261101010000' }, { level: 1, baseRun: '20261129010000' }, { level: 1, disk: '/other' }, { level: 1, host: 'other' }]) {
    await assert.rejects(files.draft({ ...ORDER, run: '20261130010000', ...order }, 'new'), { code: 'base-missing' })
  }
  await assert.rejects(files.draft({ ...ORDER, run: '../../x' }, 'new'), { code: 'wire-malformed' })
})

test('a draft counts for nothing until it is kept, and is swept when it is left', async (t) => {
  const { files, there } = filesIn(t)
  const draft = await files.draft(ORDER, 'new')
  writeFileSync(draft.path, 'x')
  await assert.rejects(files.draft({ ...ORDER, level: 1 }, 'new'), { code: 'base-missing' })
  assert.equal(there().length, 1)
  await files.discard(draft)
  assert.deepEqual(there(), [])
  writeFileSync((await files.draft(ORDER, 'new')).path, 'x')
  writeFileSync(`${await kept(files, { run: '20261128010000' })}.new.scratch`, 'x')
  assert.equal(await files.sweep(), 2)
  assert.deepEqual(there(), ['client/%2fhome/0.20261128010000'])
})

test('of each level the three newest are kept', async (t) => {
  const { files, there } = filesIn(t)
  for (const day of [1, 2, 3, 4, 5]) for (const level of [0, 1]) await kept(files, { level, run: `2026120${day}010000` })
  assert.deepEqual(there().map((name) => path.basename(name)), [3, 4, 5].map((day) => `0.2026120${day}010000`).concat([3, 4, 5].map((day) => `1.2026120${day}010000`)))
})

test('an application may make the draft of its base', async (t) => {
  const { files } = filesIn(t, async (basePath, target, { device }) => writeFileSync(target, `${readFileSync(basePath, 'utf8')}, of ${device}`))
  await kept(files, {})
  const draft = await files.draft({ ...ORDER, level: 1, run: '20261128010000' }, 'new')
  assert.equal(readFileSync(draft.path, 'utf8'), '0 of 20261127010000, of /home')
})
