import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync, appendFileSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { archiveInline, membersOf, type InlineArchive } from '../../testkit/inline-archive.ts'
import { NodeTreeCalls } from '../posix/node-tree-calls.ts'
import { openTreeCalls, type TreeCalls } from '../posix/tree-calls.ts'

function scratch(context: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-archiver-'))
  context.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Calls of the system, some of which are replaced; each is asked before the real one. */
function broken(change: (real: TreeCalls) => Partial<TreeCalls>): TreeCalls {
  const real = openTreeCalls()
  const changed = change(real)
  return new Proxy(real, {
    get(target, name) {
      const own = (changed as Record<string | symbol, unknown>)[name]
      if (own !== undefined) return own
      const value = (target as unknown as Record<string | symbol, unknown>)[name]
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
    },
  })
}

const names = (archive: InlineArchive): string[] => membersOf(archive.archive).map(({ name }) => name)
const text = (name: Uint8Array): string => Buffer.from(name.subarray(0, name.indexOf(0))).toString('latin1')

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code })
}

/** A tree of `a`, `file` of `bytes` sevens, `z`. */
function threeFiles(dir: string, bytes = 5000): string {
  writeFileSync(path.join(dir, 'a'), 'first')
  writeFileSync(path.join(dir, 'file'), Buffer.alloc(bytes, 7))
  writeFileSync(path.join(dir, 'z'), 'last')
  return path.join(dir, 'file')
}

/** Does `change` between opening `file` and reading it. */
function afterOpening(change: () => void): (real: TreeCalls) => Partial<TreeCalls> {
  return (real) => ({
    read(handle, target, at, bytes, position) {
      if (bytes > 4000 && position === 0) change()
      return real.read(handle, target, at, bytes, position)
    },
  })
}

test('a file that grows while it is read is cut at the size of its header', (context) => {
  const dir = scratch(context)
  const file = threeFiles(dir)
  const archive = archiveInline(dir, {}, { calls: broken(afterOpening(() => appendFileSync(file, 'more and more'))) })
  assert.deepEqual(archive.said, ['tar: ./file: file changed as we read it'])
  assert.deepEqual(membersOf(archive.archive).slice(1).map(({ name, size }) => [name, size]), [['./a', 5], ['./file', 5000], ['./z', 4]])
})

for (const bytes of [5000, 2_000_000]) {
  test(`a file of ${bytes} bytes that shrinks is padded with zeros`, (context) => {
    const dir = scratch(context)
    const file = threeFiles(dir, bytes)
    const archive = archiveInline(dir, {}, { calls: broken(afterOpening(() => truncateSync(file, 1000))) })
    assert.deepEqual(archive.said, [`tar: ./file: File shrank by ${bytes - 1000} bytes; padding with zeros`])
    const member = membersOf(archive.archive).find(({ name }) => name === './file')
    assert.equal(member?.size, bytes)
    assert.deepEqual(names(archive), ['./', './a', './file', './z'])
    // Not a byte of another file stands where there was none.
    const start = (member?.offset ?? 0) + 1536
    assert.ok(archive.archive.subarray(start, start + 1000).every((byte) => byte === 7))
    assert.ok(archive.archive.subarray(start + 1000, start + bytes).every((byte) => byte === 0))
  })
}

test('a file that cannot be read any further is padded, and dumped again by the next level', (context) => {
  const dir = scratch(context)
  threeFiles(dir)
  const archive = archiveInline(dir, {}, {
    calls: broken((real) => ({
      read(handle, target, at, bytes, position) {
        if (bytes >= 5000) throw systemError('EIO')
        return real.read(handle, target, at, bytes, position)
      },
    })),
  })
  assert.deepEqual(archive.said, ['tar: ./file: Read error at byte 0, while reading 5000 bytes: Input/output error'])
  assert.deepEqual(names(archiveInline(dir, { level: 1 }, { base: archive.snapshot })), ['./', './file'])
})

test('a file that vanished is said and is not in the snapshot', (context) => {
  const dir = scratch(context)
  const file = threeFiles(dir)
  const archive = archiveInline(dir, {}, {
    calls: broken((real) => ({
      openFile(directory, name) {
        if (text(name) === 'file') rmSync(file)
        return real.openFile(directory, name)
      },
    })),
  })
  assert.deepEqual(archive.said, ['tar: ./file: File removed before we read it'])
  assert.deepEqual(names(archive), ['./', './a', './z'])
  writeFileSync(file, 'again')
  assert.deepEqual(names(archiveInline(dir, { level: 1 }, { base: archive.snapshot })), ['./', './file'])
})

test('a file that became a link or a directory is never followed', (context) => {
  for (const [swap, said, kept] of [
    [(file: string) => symlinkSync('/etc/passwd', file), [], ['./', './a', './file', './z']],
    [(file: string) => mkdirSync(file), ['tar: ./file: file changed as we read it'], ['./', './a', './z']],
  ] as const) {
    const dir = scratch(context)
    const file = threeFiles(dir)
    const archive = archiveInline(dir, {}, {
      calls: broken((real) => ({
        openFile(directory, name) {
          if (text(name) === 'file') {
            rmSync(file)
            swap(file)
          }
          return real.openFile(directory, name)
        },
      })),
    })
    assert.deepEqual(archive.said, said)
    assert.deepEqual(names(archive), kept)
    assert.ok(!archive.archive.includes('root:'))
  }
})

test('a directory that is replaced by a link while its parent is dumped leads nowhere', (context) => {
  const dir = scratch(context)
  for (const name of ['tree/a', 'outside']) mkdirSync(path.join(dir, name), { recursive: true })
  writeFileSync(path.join(dir, 'outside', 'secret'), 'secret')
  writeFileSync(path.join(dir, 'tree', 'f'), 'x')
  const archive = archiveInline(path.join(dir, 'tree'), {}, {
    calls: broken((real) => ({
      openDirectory(parent, name) {
        if (text(name) === 'a') {
          renameSync(path.join(dir, 'tree', 'a'), path.join(dir, 'a'))
          symlinkSync('../outside', path.join(dir, 'tree', 'a'))
        }
        return real.openDirectory(parent, name)
      },
    })),
  })
  assert.deepEqual(names(archive), ['./', './f'])
  assert.match(archive.said.join('\n'), /^tar: \.\/a: Cannot open: (Not a directory|Too many levels of symbolic links)$/)
})

test('directories and files without permission are said, and the dump goes on', (context) => {
  const dir = scratch(context)
  threeFiles(dir)
  mkdirSync(path.join(dir, 'closed', 'deep'), { recursive: true })
  const archive = archiveInline(dir, {}, {
    calls: broken((real) => ({
      openFile(directory, name) {
        if (text(name) === 'file') throw systemError('EACCES')
        return real.openFile(directory, name)
      },
      openDirectory(parent, name) {
        if (text(name) === 'closed') throw systemError('EACCES')
        return real.openDirectory(parent, name)
      },
    })),
  })
  assert.deepEqual(archive.said, ['tar: ./file: Cannot open: Permission denied', 'tar: ./closed: Cannot open: Permission denied'])
  assert.deepEqual(names(archive), ['./', './a', './z', './closed/'])
})

test('what Node alone can do gives the same archive', (context) => {
  const dir = scratch(context)
  threeFiles(dir)
  mkdirSync(path.join(dir, 'sub'))
  symlinkSync('a', path.join(dir, 'sub', 'link'))
  const native = archiveInline(dir, { hasXattrs: false, hasAcls: false })
  const plain = archiveInline(dir, { hasXattrs: false, hasAcls: false }, { calls: new NodeTreeCalls() })
  assert.deepEqual(plain.said, [])
  assert.ok(plain.archive.equals(native.archive))
  assert.deepEqual(plain.index, native.index)
})
