import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { nodeDisk } from './node-disk.ts'
import { readFile, replaceFile } from './disk.ts'

let dir = ''
before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'holdfast-disk-'))
})
after(() => rm(dir, { recursive: true }))

test('a file takes pieces at a position and gives them back', async () => {
  const file = path.join(dir, 'pieces')
  {
    await using out = await nodeDisk.open(file, 'create-new')
    await out.write([Buffer.from('abc'), new Uint8Array(0), Buffer.from('defg')], 0)
    await out.write([Buffer.from('X')], 1)
    await out.sync()
    assert.equal(await out.size(), 7)
  }
  assert.equal((await readFile(nodeDisk, file)).toString(), 'aXcdefg')
  await assert.rejects(nodeDisk.open(file, 'create-new'), { code: 'EEXIST' })
  await assert.rejects(readFile(nodeDisk, file, 3), { code: 'wire-malformed' })
})

test('replaceFile leaves the new bytes and no temporary file', async () => {
  const file = path.join(dir, 'sub', 'state')
  await nodeDisk.makeDir(path.dirname(file))
  await replaceFile(nodeDisk, file, Buffer.from('one'))
  await replaceFile(nodeDisk, file, Buffer.from('two'))
  assert.equal((await readFile(nodeDisk, file)).toString(), 'two')
  assert.deepEqual(await nodeDisk.list(path.dirname(file)), [{ name: 'state', kind: 'file' }])
  assert.equal((await nodeDisk.stat(file))?.mode, 0o600)
})

test('what is missing is undefined to stat, nothing to remove, ENOENT to list', async () => {
  const missing = path.join(dir, 'missing')
  assert.equal(await nodeDisk.stat(missing), undefined)
  assert.equal(await nodeDisk.stat(path.join(missing, 'below')), undefined)
  await nodeDisk.remove(missing)
  await nodeDisk.removeDir(missing)
  await assert.rejects(nodeDisk.list(missing), { code: 'ENOENT' })
})

test('links are seen as links, and space is a number', async () => {
  const link = path.join(dir, 'link')
  await nodeDisk.symlink('target', link)
  assert.equal((await nodeDisk.stat(link))?.kind, 'symlink')
  assert.equal(await nodeDisk.readLink(link), 'target')
  const space = await nodeDisk.space(dir)
  assert.ok(space.freeBytes > 0 && space.totalBytes >= space.freeBytes)
})
