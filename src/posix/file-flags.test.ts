import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { hasNodump } from './file-flags.ts'

test('the flag that chattr sets is seen, on files and directories, and only where it is set', (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-flags-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const file = path.join(dir, 'file')
  writeFileSync(file, '')
  const flagged = (name: string): boolean => {
    const fd = openSync(name, 'r')
    try {
      return hasNodump(fd)
    } finally {
      closeSync(fd)
    }
  }
  assert.equal(flagged(file), false)
  assert.equal(flagged(dir), false)
  assert.equal(flagged('/dev/null'), false)
  if (spawnSync('chattr', ['+d', file, dir]).status !== 0) return t.skip('no chattr, or no flags here')
  assert.equal(flagged(file), true)
  assert.equal(flagged(dir), true)
  spawnSync('chattr', ['-d', file])
  assert.equal(flagged(file), false)
})
