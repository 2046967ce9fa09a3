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

/** A header written the plain way: from texts, each block anew. Of members that need at most the record of their time. */
function plainHeader(facts: MemberFacts): Buffer {
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')
  const isList = facts.type === 'dump-directory'
  const block = (name: string, mode: number, uid: number, gid: number, size: number, mtime: number, type: string, owners: readonly string[], devices: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(512)
    const put = (text: string, at: number): void => void bytes.write(text, at, 'latin1')
    put(name, 0)
    for (const [value, at] of [[mode, 100], [uid, 108], [gid, 116], ...devices.map((value, index) => [value, 329 + 8 * index])] as [number, number][]) put(octal(value, 7), at)
    put(octal(size, 11), 124)
    put(octal(mtime, 11), 136)
    put(`        ${type}`, 148)
    put(isList && type === 'D' ? 'ustar  \0' : 'ustar\x0000', 257)
    if (isList && type === 'D') for (const at of [345, 357]) put(octal(mtime, 11), at)
    for (const [index, owner] of owners.entries()) put(owner, 265 + 32 * index)
    put(`${octal(bytes.reduce((sum, byte) => sum + byte, 0), 6)}\0 `, 148)
    return bytes
  }
  const type = { file: '0', directory: '5', fifo: '6', 'character-device': '3', 'dump-directory': 'D' }[facts.type as string] ?? '?'
  const own = block(Buffer.from(facts.path.subarray(0, facts.pathBytes)).toString('latin1'), facts.mode, facts.uid, facts.gid, facts.dataBytes, facts.mtimeSeconds, type, [facts.userName, facts.groupName].map((name) => Buffer.from(name).toString('latin1')), [facts.deviceMajor, facts.deviceMinor])
  if (facts.mtimeRest === 0) return own
  const rest = ` mtime=${facts.mtimeSeconds}.${String(facts.mtimeRest).padStart(9, '0')}\n`
  const record = `${rest.length + 2}${rest}`
  return Buffer.concat([block('././@PaxHeader', 0o644, 0, 0, record.length, 0, 'x', [], []), Buffer.from(record.padEnd(512, '\0')), own])
}

test('one header after the other is as if each were written alone', () => {
  const text = (max: number): fc.Arbitrary<Buffer> => fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: max }).map((chars) => Buffer.from(chars))
  const few = <Value>(arbitrary: fc.Arbitrary<Value>, common: Value): fc.Arbitrary<Value> => fc.oneof({ arbitrary: fc.constant(common), weight: 2 }, { arbitrary, weight: 1 })
  const owner = text(31)
  const plain = fc.record({
    type: fc.constantFrom<MemberFacts['type'][]>('file', 'file', 'directory', 'fifo', 'character-device', 'dump-directory'),
    path: text(98).map((name) => Buffer.concat([Buffer.from('./'), name])),
    mode: few(fc.integer({ min: 0, max: 0o7777 }), 0o644),
    uid: few(fc.integer({ min: 0, max: 0o7777777 }), 0),
    gid: few(fc.integer({ min: 0, max: 0o7777777 }), 0),
    dataBytes: few(fc.integer({ min: 0, max: 0o77777777777 }), 2048),
    mtimeSeconds: few(fc.integer({ min: 0, max: 9_999_999_999 }).filter((seconds) => seconds <= 0o77777777777), 1_700_000_000),
    mtimeRest: fc.integer({ min: 0, max: 999_999_999 }),
    userName: few(owner, Buffer.from('root')),
    groupName: few(owner, Buffer.alloc(0)),
    deviceMajor: few(fc.nat(255), 0),
    deviceMinor: few(fc.nat(255), 0),
  })
  // In between, members of other kinds, which must not show in later ones.
  const odd = fc.constantFrom<Partial<MemberFacts>>({ target: Buffer.from('elsewhere'), type: 'symlink' }, { path: Buffer.from('./\xff'), pathBytes: 3 }, { sparseSize: 77 }, { type: 'dump-directory' }, { uid: 2 ** 30 }, { path: Buffer.from(`./${'long/'.repeat(90)}`), pathBytes: 452 })
  fc.assert(
    fc.property(fc.array(fc.oneof({ arbitrary: plain.map((facts): [boolean, MemberFacts] => [true, { ...emptyFacts(), ...facts, pathBytes: facts.path.length }]), weight: 4 }, { arbitrary: odd.map((facts): [boolean, MemberFacts] => [false, { ...emptyFacts(), path: Buffer.from('./odd'), pathBytes: 5, ...facts }]), weight: 1 })), (members) => {
      const writer = new PaxWriter()
      for (const [isPlain, member] of members) {
        const header = writer.header(member)
        if (isPlain) assert.equal(header.toString('latin1'), plainHeader(member).toString('latin1'))
      }
    }),
  )
})
