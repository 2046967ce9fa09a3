import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { openScratchFile, openSyncFile } from './sync-file.ts'

test('bytes are where they were written, and reading stops at the end', (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-sync-file-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const name = path.join(dir, 'file')
  assert.throws(() => openSyncFile(name, 'read'), { code: 'ENOENT' })
  const file = openSyncFile(name, 'create')
  file.write(Buffer.from('world'), 6)
  file.write(Buffer.from('hello '), 0)
  file.sync()
  assert.equal(file.size(), 11)
  file.close()
  const again = openSyncFile(name, 'read')
  const target = Buffer.alloc(20, '.')
  assert.equal(again.read(target, 3), 8)
  assert.equal(target.toString(), `lo world${'.'.repeat(12)}`)
  assert.equal(again.read(target, 11), 0)
  again.close()
  const emptied = openSyncFile(name, 'create')
  assert.equal(emptied.size(), 0)
  emptied.close()
})

test('a scratch file has no name and works', (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-scratch-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const file = openScratchFile(path.join(dir, 'scratch'))
  assert.ok(!existsSync(path.join(dir, 'scratch')))
  file.write(Buffer.from('abc'), 5)
  const target = Buffer.alloc(3)
  assert.equal(file.read(target, 5), 3)
  assert.equal(target.toString(), 'abc')
  file.close()
})
