import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { makeHardCases } from '../../../testkit/tree.ts'
import { indexLine, unescapeName } from './index-line.ts'
import { TarMemberReader, type TarMember } from './member-reader.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-tar-'))
  makeHardCases(path.join(dir, 'tree'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

function tar(...options: string[]): Buffer {
  const words = options.map((option) => option.replace('SNAPSHOT', path.join(dir, 'snapshot')))
  return execFileSync('tar', ['--create', '--file', '-', '--directory', path.join(dir, 'tree'), '--sparse', ...words, '.'], { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, LC_ALL: 'C' } })
}

function membersOf(archive: Uint8Array, pieceBytes = 1 << 16): TarMember[] {
  const members: TarMember[] = []
  const reader = new TarMemberReader((member) => members.push(member))
  for (let at = 0; at < archive.length; at += pieceBytes) reader.push(archive.subarray(at, at + pieceBytes))
  reader.finish()
  assert.equal(reader.offset, archive.length)
  return members
}

/** What `tar --list` says of the archive, as index lines. */
function listed(archive: Uint8Array): string[] {
  const text = execFileSync('tar', ['--list', '--file', '-'], { input: archive, env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'ignore'] }).toString('latin1')
  return text.split('\n').filter((line) => line !== '').map((line) => line.replace(/^\./, ''))
}

for (const options of [['--format=gnu'], ['--format=posix'], ['--format=posix', '--sparse-version=0.0'], ['--format=posix', '--sparse-version=0.1'], ['--format=gnu', '--listed-incremental=SNAPSHOT'], ['--format=posix', '--xattrs', '--acls']]) {
  test(`the listing of GNU tar with ${options.join(' ')} is ours, line by line`, () => {
    const archive = tar(...options)
    assert.deepEqual(membersOf(archive).map(indexLine), listed(archive))
    const sparse = membersOf(archive).find((member) => member.name === './sparse')
    assert.equal(sparse?.size, 8 * 1024 * 1024)
    assert.ok(sparse.dataBytes < 100_000)
  })
}

test('any split of the stream gives the same members', () => {
  const archive = tar('--format=posix').subarray(0, 3_000_000)
  const whole: TarMember[] = []
  const reader = new TarMemberReader((member) => whole.push(member))
  reader.push(archive)
  fc.assert(
    fc.property(fc.array(fc.nat(archive.length), { maxLength: 40 }), (cuts) => {
      const members: TarMember[] = []
      const split = new TarMemberReader((member) => members.push(member))
      const at = [0, ...cuts.toSorted((a, b) => a - b), archive.length]
      for (let index = 0; index + 1 < at.length; index++) split.push(archive.subarray(at[index], at[index + 1]))
      assert.deepEqual(members, whole)
    }),
    { numRuns: 30 },
  )
})

test('damaged archives give a wire fault and nothing else', () => {
  const archive = tar('--format=gnu').subarray(0, 200_000)
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }), (flips) => {
      const damaged = Buffer.from(archive)
      for (const [at, value] of flips) damaged[at] = value
      try {
        membersOf(damaged)
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'wire-malformed')
      }
    }),
  )
})

test('a stream that stops early is noticed', () => {
  const archive = tar('--format=gnu')
  const reader = new TarMemberReader(() => {})
  reader.push(archive.subarray(0, 512 * 3 + 100))
  assert.throws(() => reader.finish(), { code: 'wire-malformed' })
  assert.throws(() => membersOf(Buffer.alloc(512, 0x41)), { code: 'wire-malformed' })
})

test('an escaped name stands for its bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }).filter((bytes) => !bytes.includes(0)), (bytes) => {
      const line = indexLine({ kind: 'file', name: `./${Buffer.from(bytes).toString('latin1')}`, linkName: '', mode: 0, size: 0, offset: 0, dataBytes: 0, spanBytes: 512, mtimeNs: 0n, uid: 0, gid: 0, userName: '', groupName: '', isDumpDirectory: false })
      assert.deepEqual(unescapeName(line.slice(1)), Buffer.from(bytes))
      assert.ok(!line.includes('\n'))
    }),
  )
})
