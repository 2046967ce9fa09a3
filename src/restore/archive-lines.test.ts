import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { editTree, makeHardCases } from '../../testkit/tree.ts'
import { dumpId, runId } from '../catalog/ids.ts'
import type { DumpRecord } from '../catalog/contract.ts'
import { indexPath } from '../catalog/index-file/index-format.ts'
import { createIndexWriter } from '../catalog/index-file/index-writer.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { indexPathOf } from '../wire/tar/index-line.ts'
import { ArchiveLines } from './archive-lines.ts'
import { openTreeAt, type TreeAt } from './tree-at.ts'

let dir = ''
before(() => (dir = mkdtempSync(path.join(tmpdir(), 'holdfast-lines-'))))
after(() => rmSync(dir, { recursive: true, force: true }))

function record(level: number): DumpRecord {
  const run = runId(`2026010100000${level}`)
  return { id: dumpId(run, 'h', '/d', level), run, host: 'h', disk: '/d', level, status: 'complete', startedMs: 0, nativeBytes: 0, storedBytes: 0, attempts: 1 }
}

/** All of a tree, as index paths with a letter for the kind. */
function shownTree(root: string): string[] {
  const found: string[] = []
  const walk = (at: Buffer, shown: string): void => {
    for (const name of readdirSync(at, { encoding: 'buffer' })) {
      const below = Buffer.concat([at, Buffer.from('/'), name])
      const stat = lstatSync(below)
      if (stat.isSocket()) continue
      const relative = shown + name.toString('latin1')
      found.push(`${stat.isDirectory() ? 'd' : '-'} ${indexPathOf(`./${relative}`)}`)
      if (stat.isDirectory()) walk(below, `${relative}/`)
    }
  }
  walk(Buffer.from(root), '')
  return found.sort()
}

async function shownOf(tree: TreeAt): Promise<string[]> {
  const found: string[] = []
  for await (const { path: at, kind } of tree.walk('/')) if (at !== '/') found.push(`${kind === 'directory' ? 'd' : '-'} ${at}`)
  return found.sort()
}

test('archives of GNU tar over each other, read without their indexes, are the tree at each level: deletions, renames and changes of kind', async () => {
  const place = { disk: nodeDisk, directory: path.join(dir, 'index') }
  const root = path.join(dir, 'tree')
  makeHardCases(root)
  for (const name of ['one/in/deep', 'two', 'three', 'swap-a', 'swap-b']) mkdirSync(path.join(root, name), { recursive: true })
  for (const name of ['one/in/deep/f', 'two/g', 'three/h', 'swap-a/a', 'swap-b/b', 'kind']) writeFileSync(path.join(root, name), name)
  const edits: readonly (() => void)[] = [
    () => undefined,
    () => {
      renameSync(path.join(root, 'one'), path.join(root, 'uno'))
      rmSync(path.join(root, 'two/g'))
      rmSync(path.join(root, 'kind'))
      mkdirSync(path.join(root, 'kind'))
      writeFileSync(path.join(root, 'kind/file'), 'now a directory')
      renameSync(path.join(root, 'swap-a'), path.join(root, 'swap-t'))
      renameSync(path.join(root, 'swap-b'), path.join(root, 'swap-a'))
      renameSync(path.join(root, 'swap-t'), path.join(root, 'swap-b'))
    },
    () => {
      renameSync(path.join(root, 'uno/in'), path.join(root, 'three/in'))
      rmSync(path.join(root, 'kind'), { recursive: true })
      writeFileSync(path.join(root, 'kind'), 'a file again')
      mkdirSync(path.join(root, 'one'))
      editTree(root, 5, 60)
    },
    () => {
      rmSync(path.join(root, 'three'), { recursive: true })
      renameSync(path.join(root, 'uno'), path.join(root, 'one/uno'))
      editTree(root, 6, 60)
    },
  ]
  const chain: DumpRecord[] = []
  for (const [level, edit] of edits.entries()) {
    edit()
    const snapshot = path.join(dir, `snapshot-${level}`)
    if (level > 0) copyFileSync(path.join(dir, `snapshot-${level - 1}`), snapshot)
    const archive = execFileSync('tar', ['-c', '-f', '-', '-C', root, '--sparse', `--listed-incremental=${snapshot}`, '--no-check-device', '.'], { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] })
    const base = level === 0 ? undefined : await openTreeAt(place, chain)
    const writer = await createIndexWriter(nodeDisk, indexPath(place.directory, record(level)))
    const lines = new ArchiveLines(base, (line) => writer.add(line))
    for (let at = 0; at < archive.length; at += 100_000) await lines.push(archive.subarray(at, at + 100_000))
    assert.ok(lines.isAtEnd)
    await writer.finish()
    await base?.[Symbol.asyncDispose]()
    chain.push(record(level))
    await using tree = await openTreeAt(place, chain)
    assert.deepEqual(await shownOf(tree), shownTree(root), `level ${level}`)
  }
})
