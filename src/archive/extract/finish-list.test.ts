import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { atCalls, cName, openDirectory } from '../../posix/at-calls.ts'
import { FinishList } from './finish-list.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-finish-'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

test('what goes in comes out in the opposite order, through a file without a name when it is much', () => {
  const fd = openDirectory(dir)
  for (const count of [0, 1, 60_000]) {
    const list = new FinishList(atCalls(), fd, () => cName('.temporary'))
    for (let index = 0; index < count; index++) list.add(`directory ${index}/${'x'.repeat(index % 60)}`, { mode: index % 0o7777, uid: index, gid: 2, seconds: -index, nanoseconds: 5, xattrs: index % 1000 === 0 ? [{ name: 'user.a', value: Buffer.from(String(index)) }] : [] })
    assert.deepEqual(readdirSync(dir), [])
    let next = count
    list.drain((name, { mode, uid, seconds, xattrs }) => {
      next--
      assert.ok(name.startsWith(`directory ${next}/`))
      assert.deepEqual([mode, uid, seconds, xattrs.map(({ value }) => value.toString())], [next % 0o7777, next, -next, next % 1000 === 0 ? [String(next)] : []])
    })
    assert.equal(next, 0)
  }
  atCalls().close(fd)
})
