import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { TarMemberReader, type TarMember } from './member-reader.ts'
import { emptyFacts, paddedBytes, PaxWriter, type MemberFacts } from './pax-writer.ts'

function archiveOf(facts: Partial<MemberFacts> & { readonly path: Uint8Array }): Buffer {
  const whole = { ...emptyFacts(), mode: 0o644, pathBytes: facts.path.length, ...facts }
  return Buffer.concat([new PaxWriter().header(whole), Buffer.alloc(paddedBytes(whole.dataBytes)), Buffer.alloc(1024)])
}

function memberOf(archive: Uint8Array): TarMember | undefined {
  const members: TarMember[] = []
  const reader = new TarMemberReader((member) => void members.push(member))
  reader.push(archive)
  reader.finish()
  assert.equal(members.length, 1)
  return members[0]
}

const name = fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.concat([Buffer.from('./'), Buffer.from(bytes.map((byte) => (byte === 0 ? 0x2f : byte)))]))

test('every path, target, size and mode is read back as it was written', () => {
  fc.assert(
    fc.property(name, fc.option(name), fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 0o7777 }), fc.boolean(), (path, target, dataBytes, mode, hasNanoseconds) => {
      const isLink = target !== null
      const kind = isLink ? { type: 'symlink' as const, target } : { dataBytes }
      const member = memberOf(archiveOf({ path, mode, mtimeSeconds: 1_700_000_000, mtimeRest: hasNanoseconds ? 1 : 0, ...kind }))
      assert.equal(member?.name, path.toString('latin1'))
      assert.equal(member?.linkName, isLink ? target.toString('latin1') : '')
      assert.equal(member?.mode, mode)
      assert.equal(member?.size, isLink ? 0 : dataBytes)
    }),
  )
})

test('a header alone is enough for what fits it', () => {
  const length = (facts: Partial<MemberFacts>, path = './plain'): number => new PaxWriter().header({ ...emptyFacts(), path: Buffer.from(path), pathBytes: path.length, ...facts }).length
  assert.equal(length({}), 512)
  assert.equal(length({}, `./${'d'.repeat(150)}/${'f'.repeat(99)}`), 512)
  for (const odd of [{ mtimeRest: 5 }, { mtimeSeconds: -1 }, { uid: 2 ** 21 }, { gid: 2 ** 31 }, { dataBytes: 2 ** 33 }, { sparseSize: 7 }]) assert.equal(length(odd), 1536, JSON.stringify(odd))
})

test('GNU tar reads owners beyond two million, times before 1970 and sizes beyond eight gigabytes', () => {
  const listed = (facts: Partial<MemberFacts>): string => {
    const archive = archiveOf({ path: Buffer.from('./f'), ...facts })
    const { stdout, stderr } = spawnSync('tar', ['--utc', '--full-time', '--numeric-owner', '-tvf', '-'], { input: archive })
    assert.equal(stderr.toString(), '')
    return stdout.toString().trim().replaceAll(/ +/g, ' ')
  }
  assert.equal(listed({ uid: 4_000_000_000, gid: 3_000_000 }), '-rw-r--r-- 4000000000/3000000 0 1970-01-01 00:00:00 ./f')
  assert.match(listed({ mtimeSeconds: -3 }), / 1969-12-31 23:59:57 \.\/f$/)
  assert.match(listed({ mtimeSeconds: 1_000_000_000, mtimeRest: 7 }), / 2001-09-09 01:46:40\.000000007 \.\/f$/)
  const huge = new PaxWriter().header({ ...emptyFacts(), path: Buffer.from('./huge'), pathBytes: 6, dataBytes: 10 * 2 ** 30 })
  assert.match(huge.toString('latin1'), /\n?20 size=10737418240\n/)
})

test('attributes of any bytes are records of their own', () => {
  const value = Buffer.from([0, 10, 61, 255])
  const header = new PaxWriter().header({ ...emptyFacts(), path: Buffer.from('./f'), pathBytes: 3, records: [['SCHILY.xattr.user.x', value]] })
  const record = Buffer.concat([Buffer.from('28 SCHILY.xattr.user.x='), value, Buffer.from('\n')])
  assert.ok(header.subarray(512, 512 + record.length).equals(record))
})
