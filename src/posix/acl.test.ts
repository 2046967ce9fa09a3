import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { aclText, parseAclText } from './acl.ts'
import { getXattr, setXattr } from './xattr.ts'

const ACCESS = 'system.posix_acl_access'
const TEXT = 'user::rw-\nuser:1:r--\nuser:70000:-w-\ngroup::r--\ngroup:2:rwx\nmask::rwx\nother::---\n'

test('a list that setfacl made reads as getfacl shows it, and comes back through the kernel', (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-acl-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const [ours, theirs] = [path.join(dir, 'ours'), path.join(dir, 'theirs')]
  for (const file of [ours, theirs]) writeFileSync(file, '', { mode: 0o640 })
  if (spawnSync('setfacl', ['-m', 'u:1:r,u:70000:w,g:2:rwx', theirs]).status !== 0) return t.skip('no setfacl, or no lists here')
  const value = getXattr(theirs, ACCESS)
  assert.ok(value !== undefined)
  assert.equal(aclText(value), TEXT)
  setXattr(ours, ACCESS, parseAclText(TEXT))
  const shown = (file: string): string => spawnSync('getfacl', ['--numeric', '--omit-header', '--no-effective', '--absolute-names', file], { encoding: 'utf8' }).stdout
  assert.equal(shown(ours), shown(theirs))
  assert.equal(shown(ours).trim(), TEXT.trim())
})

test('other spellings of the same list are the same list', () => {
  const value = parseAclText(TEXT)
  assert.deepEqual(parseAclText('u::rw,o::-,g:2:rwx,u:70000:w,m::7,u:1:r,g::r'), value)
  assert.deepEqual(parseAclText('# file: x\nuser::rw-\nuser:1:r--\t#effective:r--\nuser:70000:-w-\ngroup::r--\ngroup:2:rwx\nmask:rwx\nother:---'), value)
  const ids = { user: (name: string) => (name === 'daemon' ? 1 : undefined), group: (name: string) => (name === 'bin' ? 2 : undefined) }
  assert.deepEqual(parseAclText(TEXT.replace('user:1:', 'user:daemon:').replace('group:2:', 'group:bin:'), ids), value)
  // A number behind the permissions counts when the name is not known here.
  assert.deepEqual(parseAclText(TEXT.replace('user:1:r--', 'user:stranger:r--:1'), ids), value)
})

test('every list comes back from its text', () => {
  const permissions = fc.integer({ min: 0, max: 7 })
  const named = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 0xffff_fffe }), permissions), { selector: ([id]) => id, maxLength: 6 })
  fc.assert(
    fc.property(permissions, permissions, permissions, permissions, named, named, (owner, group, other, mask, users, groups) => {
      const rows: number[][] = [[0x01, owner, 0xffff_ffff]]
      const byId = (a: readonly [number, number], b: readonly [number, number]): number => a[0] - b[0]
      for (const [id, each] of users.toSorted(byId)) rows.push([0x02, each, id])
      rows.push([0x04, group, 0xffff_ffff])
      for (const [id, each] of groups.toSorted(byId)) rows.push([0x08, each, id])
      if (users.length + groups.length > 0) rows.push([0x10, mask, 0xffff_ffff])
      rows.push([0x20, other, 0xffff_ffff])
      const bytes = Buffer.alloc(4 + 8 * rows.length)
      bytes.writeUInt32LE(2, 0)
      rows.forEach(([tag = 0, each = 0, id = 0], index) => {
        bytes.writeUInt16LE(tag, 4 + 8 * index)
        bytes.writeUInt16LE(each, 6 + 8 * index)
        bytes.writeUInt32LE(id, 8 + 8 * index)
      })
      assert.deepEqual(parseAclText(aclText(bytes)), bytes)
    }),
  )
})

test('damage is a fault, never another error', () => {
  const isMalformed = { code: 'wire-malformed' }
  for (const text of ['', 'user::rwx', 'user::rwx\nuser::rwx\ngroup::r--\nother::r--', 'user::rwx\nuser:1:r--\ngroup::r--\nother::r--', 'user::rwx\nuser:1:r--\nuser:1:r--\ngroup::r--\nmask::r--\nother::r--', `${TEXT}user:nobody-here:rwx`, `${TEXT}mask:5:rwx`, `${TEXT}constructor::rwx`, `${TEXT}user:4294967295:r--`, `${TEXT}user:3:rwz`]) {
    assert.throws(() => parseAclText(text), isMalformed, text)
  }
  const good = parseAclText(TEXT)
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(3), good.subarray(0, -1), Buffer.concat([Buffer.of(3), good.subarray(1)]), Buffer.alloc(8192 * 8 + 4)]) assert.throws(() => aclText(bytes), isMalformed)
  const survives = (run: () => unknown): void => {
    try {
      run()
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'wire-malformed')
    }
  }
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...Array.from('user:gopmask:,\n#019rwx-')), maxLength: 60 }), (text) => survives(() => parseAclText(text))))
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => survives(() => aclText(bytes))))
})
