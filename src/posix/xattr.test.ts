import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { getXattr, getXattrOf, listXattrs, listXattrsOf, removeXattrOf, setXattr, setXattrOf } from './xattr.ts'

/** A file that takes attributes, or undefined (after saying so) where the temporary file system takes none. */
function attributedFile(t: TestContext): { file: string; fd: number } | undefined {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-xattr-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const file = path.join(dir, 'a file')
  writeFileSync(file, 'x')
  const fd = openSync(file, 'r')
  t.after(() => closeSync(fd))
  try {
    setXattr(file, 'user.probe', Buffer.of(1))
  } catch {
    t.skip('no user attributes here')
    return undefined
  }
  removeXattrOf(fd, 'user.probe')
  return { file, fd }
}

test('a file without attributes has none, in either way to ask, and always the same none', (t) => {
  const there = attributedFile(t)
  if (there === undefined) return
  assert.deepEqual(listXattrs(there.file), [])
  assert.deepEqual(listXattrsOf(there.fd), [])
  assert.equal(listXattrsOf(there.fd), listXattrsOf(there.fd))
  assert.equal(getXattr(there.file, 'user.none'), undefined)
  assert.equal(getXattrOf(there.fd, 'user.none'), undefined)
})

test('attributes come back byte for byte, long and empty ones and bytes in names too', (t) => {
  const there = attributedFile(t)
  if (there === undefined) return
  const { file, fd } = there
  const values = new Map([
    ['user.plain', Buffer.from('hey')],
    ['user.empty', Buffer.alloc(0)],
    ['user.bytes\xff\xfe', Buffer.from([0, 1, 2, 255])],
    ['user.long', Buffer.alloc(2000, 'l')],
  ])
  let isByFd = false
  for (const [name, value] of values) {
    if (isByFd) setXattrOf(fd, name, value)
    else setXattr(Buffer.from(file), name, value)
    isByFd = !isByFd
  }
  assert.deepEqual([...listXattrs(file)].toSorted(), [...values.keys()].toSorted())
  assert.deepEqual([...listXattrsOf(fd)].toSorted(), [...values.keys()].toSorted())
  for (const [name, value] of values) {
    assert.deepEqual(getXattr(file, name), value)
    assert.deepEqual(getXattrOf(fd, name), value)
  }
  const first = getXattrOf(fd, 'user.plain')
  getXattrOf(fd, 'user.long')
  assert.deepEqual(first, Buffer.from('hey'))
  setXattrOf(fd, 'user.plain', Buffer.from('ho'))
  assert.deepEqual(getXattr(file, 'user.plain'), Buffer.from('ho'))
  removeXattrOf(fd, 'user.plain')
  removeXattrOf(fd, 'user.plain')
  assert.ok(!listXattrs(file).includes('user.plain'))
})

test('a list of names longer than the first buffer is read whole', (t) => {
  const there = attributedFile(t)
  if (there === undefined) return
  const names = Array.from({ length: 12 }, (_, index) => `user.${String(index).padStart(2, '0')}${'n'.repeat(150)}`)
  for (const name of names) setXattrOf(there.fd, name, Buffer.of(1))
  assert.deepEqual([...listXattrsOf(there.fd)].toSorted(), names)
})

test('what getfattr and setfattr see is what is here', (t) => {
  const there = attributedFile(t)
  if (there === undefined) return
  if (spawnSync('getfattr', ['--version']).error !== undefined) return t.skip('no getfattr here')
  setXattr(there.file, 'user.ours', Buffer.from([1, 200, 0, 3]))
  spawnSync('setfattr', ['-n', 'user.theirs', '-v', 'their value', there.file])
  assert.match(spawnSync('getfattr', ['--absolute-names', '-e', 'hex', '-d', there.file], { encoding: 'utf8' }).stdout, /^user\.ours=0x01c80003$/m)
  assert.equal(getXattrOf(there.fd, 'user.theirs')?.toString(), 'their value')
})

test('links are not followed, errors have their code, and a NUL cannot shorten a path', (t) => {
  const there = attributedFile(t)
  if (there === undefined) return
  setXattr(there.file, 'user.x', Buffer.of(1))
  const link = `${there.file}.link`
  symlinkSync(there.file, link)
  assert.deepEqual(listXattrs(link), [])
  assert.equal(getXattr(link, 'user.x'), undefined)
  assert.throws(() => setXattr(link, 'user.x', Buffer.of(2)), { code: 'EPERM' })
  assert.throws(() => listXattrs(`${there.file}.gone`), { code: 'ENOENT' })
  assert.throws(() => getXattr(`${there.file}.gone`, 'user.x'), { code: 'ENOENT' })
  assert.throws(() => setXattrOf(there.fd, 'nonsense', Buffer.of(2)), { syscall: 'setxattr' })
  assert.throws(() => setXattr(`${there.file}\0.gone`, 'user.x', Buffer.of(2)), { code: 'EINVAL' })
  assert.throws(() => setXattrOf(there.fd, 'user.x\0y', Buffer.of(2)), { code: 'EINVAL' })
})
