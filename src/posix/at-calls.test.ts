import assert from 'node:assert/strict'
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { atCalls, cName, createNodeAtCalls, namesIn, OPEN, openDirectory, readExactly, type AtCalls, type AtStat } from './at-calls.ts'
import { errnoText } from './errno-text.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-at-'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

const WRITE = OPEN.O_WRONLY | OPEN.O_CREAT | OPEN.O_EXCL | OPEN.O_NOFOLLOW | OPEN.closeOnExec

function newStat(): AtStat {
  return { mode: 0, uid: 0, gid: 0, size: 0, mtimeNs: 0n, inode: 0n, device: 0n }
}

const KINDS: readonly (readonly [string, AtCalls])[] = [
  ['of the C library', atCalls()],
  ['of Node', createNodeAtCalls()],
]

for (const [what, calls] of KINDS) {
  test(`the calls ${what} do below a directory what their names say`, () => {
    const base = path.join(dir, what)
    mkdirSync(base)
    const fd = calls.openAt(-100, Buffer.from(`${base}\0`), OPEN.O_RDONLY | OPEN.O_DIRECTORY, 0)
    assert.ok(fd >= 0)
    const name = cName('\xff\xfe name')
    const file = calls.openAt(fd, name, WRITE, 0o640)
    assert.ok(file >= 0)
    assert.deepEqual([calls.openAt(fd, name, WRITE, 0o640), calls.failureCode()], [-1, 'EEXIST'])
    assert.equal(calls.writeAll(file, Buffer.from('content'), 3), 0)
    assert.equal(calls.truncateOf(file, 100), 0)
    assert.equal(calls.chmodOf(file, 0o4711), 0)
    assert.equal(calls.setTimeOf(file, 1_000_000_000, 500_000_000), 0)
    const stat = newStat()
    assert.equal(calls.statOf(file, stat), 0)
    assert.deepEqual([stat.size, stat.mode & 0o7777, stat.mtimeNs], [100, 0o4711, 1_000_000_000_500_000_000n])
    calls.close(file)
    assert.deepEqual(namesIn(fd), [{ name: '\xff\xfe name', isDirectory: false }])

    assert.equal(calls.mkdirAt(fd, cName('d'), 0o700), 0)
    assert.deepEqual([calls.mkdirAt(fd, cName('d'), 0o700), calls.failureCode()], [-1, 'EEXIST'])
    assert.deepEqual([calls.unlinkAt(fd, cName('d'), false) < 0, calls.failureCode()], [true, 'EISDIR'])
    assert.equal(calls.symlinkAt(cName('\xff target'), fd, cName('l')), 0)
    assert.equal(readlinkSync(path.join(base, 'l'), { encoding: 'latin1' }), '\xff target')
    assert.equal(calls.setTimeAt(fd, cName('l'), -5, 250_000_000), 0)
    assert.equal(calls.statAt(fd, cName('l'), stat), 0)
    assert.deepEqual([stat.mtimeNs, stat.mode & 0o170000], [-4_750_000_000n, 0o120000])
    assert.equal(calls.openAt(fd, cName('l'), OPEN.O_RDONLY | OPEN.O_NOFOLLOW, 0), -1)
    assert.equal(calls.linkAt(fd, cName('l'), fd, cName('m')), 0)
    assert.deepEqual([calls.renameAt(fd, name, fd, cName('m'), false), calls.failureCode()], [-1, 'EEXIST'])
    assert.equal(calls.renameAt(fd, name, fd, cName('m'), true), 0)
    assert.equal(calls.renameAt(fd, cName('m'), fd, cName('n'), false), 0)
    assert.equal(readFileSync(path.join(base, 'n')).toString('utf8', 3, 10), 'content')
    if (process.getuid?.() === 0) {
      assert.equal(calls.chownAt(fd, cName('l'), 11, 12), 0)
      assert.deepEqual([lstatSync(path.join(base, 'l')).uid, lstatSync(path.join(base, 'l')).gid], [11, 12])
    }
    assert.equal(calls.unlinkAt(fd, cName('l'), false), 0)
    assert.equal(calls.unlinkAt(fd, cName('d'), true), 0)
    assert.deepEqual([calls.statAt(fd, cName('l'), stat), calls.failureCode(), errnoText('ENOENT')], [-1, 'ENOENT', 'No such file or directory'])
    calls.close(fd)
    assert.equal(calls.statOf(fd, stat), -1)
  })
}

test('nodes are made with their kind, number and mode, where that can be done', () => {
  const fd = openDirectory(dir)
  const made = atCalls().mknodAt(fd, cName('fifo'), 0o010600, 0, 0)
  if (made === 0) {
    assert.ok(lstatSync(path.join(dir, 'fifo')).isFIFO())
    assert.equal(atCalls().chmodAt(fd, cName('fifo'), 0o666), 0)
    assert.equal(lstatSync(path.join(dir, 'fifo')).mode & 0o777, 0o666)
  } else assert.equal(atCalls().failureCode(), 'ENOSYS')
  symlinkSync('/etc/passwd', path.join(dir, 'link'))
  assert.equal(atCalls().chmodAt(fd, cName('link'), 0o666), -1)
  atCalls().close(fd)
})

test('a directory that cannot be opened, and a file that ends early, are system errors', () => {
  assert.throws(() => openDirectory(path.join(dir, 'nowhere')), { code: 'ENOENT' })
  writeFileSync(path.join(dir, 'short'), 'short')
  assert.throws(() => openDirectory(path.join(dir, 'short')), { code: 'ENOTDIR' })
  const fd = openDirectory(dir)
  const file = atCalls().openAt(fd, cName('short'), OPEN.O_RDONLY, 0)
  const bytes = Buffer.alloc(3)
  readExactly(file, bytes, 2)
  assert.equal(bytes.toString(), 'ort')
  assert.throws(() => readExactly(file, bytes, 3), { code: 'EIO' })
  for (const each of [fd, file]) atCalls().close(each)
})
