import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { seededRandom } from '../../kernel/random.ts'
import { openScratchFile, openSyncFile } from '../../kernel/sync-file.ts'
import { archiveInline, PLAIN_SETTINGS } from '../../../testkit/inline-archive.ts'
import { StrictVault, type StrictIntake } from '../../../testkit/strict-vault.ts'
import { editTree, makeHardCases, makeRandomTree } from '../../../testkit/tree.ts'
import type { ArchiveSettings } from '../settings.ts'
import { ThreadPool } from '../thread-pool.ts'
import { KeptReader, KeptWriter } from './kept-file.ts'
import { archiveToVault } from './vault-archive.ts'
import { DONE_UNIT_BYTES } from './vault-messages.ts'

const threads = new ThreadPool(1000)
/** More than a dump ever has. */
const THREADS_MAX = 16
const FINGERPRINT = new Uint8Array(32).fill(7)

function scratch(context: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-vault-archive-'))
  context.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** With its last record filled. */
function plainArchive(tree: string): Buffer {
  const { archive } = archiveInline(tree, { index: 'none' })
  return Buffer.concat([archive, Buffer.alloc(Math.ceil(archive.length / 10_240) * 10_240 - archive.length)])
}

/** Dumps `tree` into the vault as run number `run`, and compares what comes out of it with a plain dump. */
async function dump(vault: StrictVault, tree: string, keptDir: string, run: number): Promise<StrictIntake> {
  const settings: ArchiveSettings = { ...PLAIN_SETTINGS, top: Buffer.from(tree).toString('latin1') }
  const name = `2026010100000${run}`
  const uplink = vault.begin(name)
  const welcome = await uplink.welcome()
  const keptPath = path.join(keptDir, name)
  const basePath = welcome.base === undefined ? undefined : path.join(keptDir, welcome.base.run)
  const said: string[] = []
  let doneBytes = (): number => -1
  let base
  if (basePath !== undefined) {
    const reader = KeptReader.open(openSyncFile(basePath, 'read'))
    base = { path: basePath, facts: reader.facts }
    reader.close()
  }
  const writer = new KeptWriter(openSyncFile(keptPath, 'create'), () => openScratchFile(`${keptPath}.scratch`), name)
  const facts = await archiveToVault({ settings, uplink, welcome, base, keep: { writer, fingerprint: FINGERPRINT }, hooks: { say: (line) => Promise.resolve(void said.push(line)), started: (told) => void (doneBytes = told) }, threads }, new AbortController().signal)
  const leftBytes = facts.readBytes + facts.unchangedBytes - doneBytes()
  assert.ok(leftBytes >= 0 && leftBytes < THREADS_MAX * DONE_UNIT_BYTES, `${leftBytes} bytes were not told as done`)
  await uplink.finish(facts)
  assert.deepEqual(said, [])
  assert.ok(uplink.committed)
  const rebuilt = vault.rebuild(uplink.committed)
  assert.ok(rebuilt.equals(plainArchive(tree)), 'the dump is that of a plain archive')
  return uplink
}

test('a dump of hard cases gives the archive again, also when all or nothing of it is taken over', async (context) => {
  const dir = scratch(context)
  const tree = path.join(dir, 'tree')
  makeHardCases(tree)
  linkSync(path.join(tree, 'size-262144'), path.join(tree, 'second name of a large file'))
  for (const hasFilter of [true, false]) {
    const vault = await StrictVault.create()
    vault.hasFilter = hasFilter
    await dump(vault, tree, dir, 1)
    const again = await dump(vault, tree, dir, 2)
    assert.equal(again.sentBytes, 0, 'nothing is sent twice')
    assert.ok((again.committed?.facts.unchangedBytes ?? 0) > 0)
  }
})

for (const seed of [1, 2, 3]) {
  test(`dumps of a tree that changes give its archive each time (seed ${seed})`, async (context) => {
    const dir = scratch(context)
    const tree = path.join(dir, 'tree')
    makeRandomTree(tree, seed, { fileCount: 80, dirCount: 14, fileBytesMax: seed % 2 === 0 ? 900_000 : 20_000 })
    const vault = await StrictVault.create()
    vault.hasFilter = seed % 3 !== 0
    for (let run = 1; run <= 3; run++) {
      await dump(vault, tree, dir, run)
      editTree(tree, seed * 10 + run, 12)
    }
  })
}

function directoriesBelow(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).filter((each) => each.isDirectory()).flatMap(({ name }) => [path.join(dir, name), ...directoriesBelow(path.join(dir, name))])
}

for (const seed of [1, 2, 3, 4]) {
  test(`directories that are renamed and moved, whatever their names, give the archive each time (seed ${seed})`, async (context) => {
    const dir = scratch(context)
    const tree = path.join(dir, 'tree')
    makeRandomTree(tree, seed, { fileCount: 120, dirCount: 25, fileBytesMax: 3000 })
    const vault = await StrictVault.create()
    await dump(vault, tree, dir, 1)
    const random = seededRandom(seed)
    const names = ['short', 'n'.repeat(110), 'p/'.repeat(60), 'gr\u00fc\u00df', `${'long/'.repeat(40)}x`]
    for (let run = 2; run <= 5; run++) {
      const found = directoriesBelow(tree)
      const from = found[random.int(found.length)] ?? tree
      const to = path.join(tree, `${names[random.int(names.length)]}${run}`)
      mkdirSync(path.dirname(to), { recursive: true })
      renameSync(from, to)
      await dump(vault, tree, dir, run)
    }
  })
}

test('a tree that moves, a renamed large file and a directory that is renamed cost next to nothing', async (context) => {
  const dir = scratch(context)
  const tree = path.join(dir, 'tree')
  makeRandomTree(path.join(tree, 'a'), 5, { fileCount: 600, dirCount: 50, fileBytesMax: 100 })
  writeFileSync(path.join(tree, 'large'), randomBytes(20 * 1024 * 1024))
  const vault = await StrictVault.create()
  await dump(vault, tree, dir, 1)
  const sentBy = async (run: number, from: string, to: string): Promise<number> => {
    mkdirSync(path.dirname(path.join(tree, to)), { recursive: true })
    renameSync(path.join(tree, from), path.join(tree, to))
    return (await dump(vault, tree, dir, run)).sentBytes
  }
  const whole = vault.dumps[0]?.entries.reduce((sum, { recipeBytes }) => sum + recipeBytes, 0) ?? 0
  assert.ok(whole > 100_000, `${whole} bytes of recipe`)
  const [moved, renamed, large] = [await sentBy(2, 'a', 'moved/far/a'), await sentBy(3, 'moved/far', 'moved/gr\u00fcn'), await sentBy(4, 'large', 'larger')]
  assert.ok(moved < 25_000 && renamed < 25_000 && large < 1000, `${moved}, ${renamed} and ${large} bytes were sent`)
})

test('files that do not fit into the memory for content are cut and given again, and a change in one costs a few segments', async (context) => {
  const dir = scratch(context)
  const tree = path.join(dir, 'tree')
  mkdirSync(tree)
  const content = randomBytes(21 * 1024 * 1024)
  writeFileSync(path.join(tree, 'large'), content)
  writeFileSync(path.join(tree, 'large and plain'), Buffer.alloc(19 * 1024 * 1024, 'plain '))
  const vault = await StrictVault.create()
  vault.hasFilter = false
  await dump(vault, tree, dir, 1)
  writeFileSync(path.join(tree, 'large'), Buffer.concat([content.subarray(0, 9_000_000), Buffer.from('inserted'), content.subarray(9_000_000)]))
  writeFileSync(path.join(tree, 'copy'), content)
  const second = await dump(vault, tree, dir, 2)
  assert.ok(second.sentBytes < 3_000_000, `${second.sentBytes} bytes were sent for eight`)
})
