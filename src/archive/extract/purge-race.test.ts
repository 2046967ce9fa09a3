import assert from 'node:assert/strict'
import { closeSync, constants, existsSync, linkSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { atCalls, type AtCalls } from '../../posix/at-calls.ts'
import { DUMPDIR_DIRECTORY, DUMPDIR_HERE, DumpdirWriter } from '../../wire/tar/dumpdir.ts'
import { BATCH_BYTES, BatchWriter, type Attributes } from './batch.ts'
import { removeListed } from './remove-tree.ts'
import { TreeWriter, type WriterOrder } from './tree-writer.ts'

const ATTRIBUTES: Attributes = { mode: 0o755, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, seconds: 1e9, nanoseconds: 0, xattrs: [] }

let root = ''
let fd = -1
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'holdfast-purge-'))
  fd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY)
})
afterEach(() => {
  closeSync(fd)
  rmSync(root, { recursive: true })
})

function writerOf(calls: AtCalls, writer: number): TreeWriter {
  const order: WriterOrder = { rootFd: fd, isRootFresh: false, identity: { uid: ATTRIBUTES.uid, gid: ATTRIBUTES.gid, umask: 0o22, isMaster: true }, existing: 'replace', hasOwners: false, isIncremental: true, isResumed: false, writer }
  return new TreeWriter(calls, order)
}

function batch(fill: (into: BatchWriter) => void): [ArrayBuffer, number] {
  const into = new BatchWriter(new ArrayBuffer(BATCH_BYTES))
  fill(into)
  return [into.buffer, into.usedBytes]
}

function listOf(entries: readonly (readonly [string, number])[]): Buffer {
  const writer = new DumpdirWriter()
  for (const [name, letter] of entries) writer.add(letter, Buffer.from(name), 0, name.length)
  return Buffer.from(writer.finish())
}

/** Calls that let `meanwhile` happen just before the first removal. */
function interrupted(meanwhile: () => void): AtCalls {
  const calls = atCalls()
  let isDone = false
  return Object.assign(Object.create(calls) as AtCalls, {
    unlinkAt(dir: number, name: Uint8Array, isDirectory: boolean): number {
      if (!isDone) {
        isDone = true
        meanwhile()
      }
      return calls.unlinkAt(dir, Buffer.from(name), isDirectory)
    },
  })
}

test('what another thread puts where a list found something else is not removed', () => {
  symlinkSync('nowhere', path.join(root, 'turned'))
  const other = writerOf(atCalls(), 1)
  const purger = writerOf(
    interrupted(() => other.run(...batch((into) => {
      into.directory('turned', ATTRIBUTES, true, undefined)
      into.file('inside', { ...ATTRIBUTES, mode: 0o644 }, 4, 4)
      into.inlineData(Buffer.from('kept'))
    }))),
    0,
  )
  purger.run(...batch((into) => into.directory('', ATTRIBUTES, true, listOf([['turned', DUMPDIR_DIRECTORY]]))))
  assert.equal(readFileSync(path.join(root, 'turned/inside'), 'utf8'), 'kept')
  for (const writer of [purger, other]) {
    writer.close()
    assert.deepEqual(writer.outcomes.report().problems, [])
  }
})

test('a name that was a directory and became a file stays, and what really is what was listed goes', () => {
  mkdirSync(path.join(root, 'was-directory/full'), { recursive: true })
  writeFileSync(path.join(root, 'first'), 'a file')
  writeFileSync(path.join(root, 'unlisted'), '')
  mkdirSync(path.join(root, 'unlisted-tree/deep/deeper'), { recursive: true })
  writeFileSync(path.join(root, 'unlisted-tree/deep/file'), '')
  const purger = writerOf(interrupted(() => {
    rmSync(path.join(root, 'was-directory'), { recursive: true })
    linkSync(path.join(root, 'first'), path.join(root, 'was-directory'))
  }), 0)
  purger.run(...batch((into) => into.directory('', ATTRIBUTES, true, listOf([['first', DUMPDIR_HERE], ['was-directory', DUMPDIR_HERE]]))))
  purger.close()
  assert.equal(readFileSync(path.join(root, 'was-directory'), 'utf8'), 'a file')
  assert.ok(!existsSync(path.join(root, 'unlisted')) && !existsSync(path.join(root, 'unlisted-tree')))
  assert.deepEqual(purger.outcomes.report().problems, [])
})

test('what is listed as something else is not removed as it', () => {
  mkdirSync(path.join(root, 'dir'))
  writeFileSync(path.join(root, 'file'), '')
  const name = (): Buffer => Buffer.from('unused\0')
  assert.equal(removeListed(atCalls(), fd, Buffer.from('dir\0'), false, name), undefined)
  assert.equal(removeListed(atCalls(), fd, Buffer.from('file\0'), true, name), undefined)
  assert.ok(existsSync(path.join(root, 'dir')) && existsSync(path.join(root, 'file')))
  assert.equal(removeListed(atCalls(), fd, Buffer.from('dir\0'), true, name), undefined)
  assert.equal(removeListed(atCalls(), fd, Buffer.from('gone\0'), true, name), undefined)
  assert.ok(!existsSync(path.join(root, 'dir')))
})
