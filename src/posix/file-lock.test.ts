import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { tryFileLock } from './file-lock.ts'
import { nativeCall } from './libc.ts'

const canLock = nativeCall('int fcntl(int fd, int command, void *lock)') !== undefined

test('a lock is had once, and again when it was released', { skip: !canLock }, () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-lock-'))
  try {
    const file = path.join(dir, 'tapelist.lock')
    const first = tryFileLock(file)
    assert.ok(first !== undefined)
    assert.equal(tryFileLock(file), undefined)
    first.release()
    const second = tryFileLock(file)
    assert.ok(second !== undefined)
    second.release()
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('a file that cannot be made is said', { skip: !canLock }, () => {
  assert.throws(() => tryFileLock('/proc/nosuch/lock'), { code: 'ENOENT' })
})
