import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, linkSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { compareTrees } from './tree-compare.ts'
import { editTree, makeHardCases, makeRandomTree } from './tree.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-tree-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const original = (): string => path.join(dir, 'a')
const copy = (): string => path.join(dir, 'b')
const copyTree = (): void => {
  execFileSync('cp', ['-a', '--sparse=always', original(), copy()])
}

test('a faithful copy of the hard cases shows no difference', () => {
  makeHardCases(original())
  copyTree()
  const comparison = compareTrees(original(), copy())
  assert.deepEqual(comparison.differences, [])
  assert.ok(comparison.entryCount > 50)
})

test('every kind of difference is seen', () => {
  makeHardCases(original())
  copyTree()
  const at = (name: string): string => path.join(copy(), name)
  const changes: readonly [string, () => void, RegExp][] = [
    ['content', () => utimesKept(at('size-4096'), () => writeFileSync(at('size-4096'), Buffer.alloc(4096))), /size-4096.*content/],
    ['size', () => appendFileSync(at('size-512'), 'x'), /size-512.*size/],
    ['mode', () => chmodSync(at('size-1'), 0o600), /size-1"?: mode/],
    ['mtime', () => utimesSync(at('times/nanoseconds'), 981_173_106, 981_173_106.9), /nanoseconds.*mtime/],
    ['missing', () => unlinkSync(at('sparse')), /sparse.*missing/],
    ['extra', () => writeFileSync(at('surplus'), ''), /surplus.*should not/],
    ['target', () => (unlinkSync(at('links/relative')), symlinkSync('second', at('links/relative'))), /relative.*target/],
    ['hard link', () => (unlinkSync(at('links/second')), writeFileSync(at('links/second'), 'shared content')), /second.*hard link/],
    ['new hard link', () => (unlinkSync(at('size-0')), linkSync(at('size-513'), at('size-0'))), /size-0/],
  ]
  for (const [, change] of changes) change()
  const text = compareTrees(original(), copy()).differences.join('\n')
  for (const [what, , pattern] of changes) assert.match(text, pattern, what)
})

test('an edited tree differs, and the same seed edits two copies alike', () => {
  makeRandomTree(original(), 3, { fileCount: 80, dirCount: 10, fileBytesMax: 20_000 })
  copyTree()
  const counts = editTree(original(), 5, 40)
  assert.ok(Object.values(counts).filter((count) => count > 0).length >= 5)
  assert.notEqual(compareTrees(original(), copy()).differences.length, 0)
  editTree(copy(), 5, 40)
  const contentOnly = compareTrees(original(), copy()).differences.filter((line) => !/mtime/.test(line))
  assert.deepEqual(contentOnly, [])
})

/** Runs `change` and sets the times back, so that only the content tells. */
function utimesKept(file: string, change: () => void): void {
  const stamp = execFileSync('stat', ['-c', '%y', file]).toString().trim()
  change()
  execFileSync('touch', ['-d', stamp, file])
}
