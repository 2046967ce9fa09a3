import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { emptyFacts, PaxWriter, type MemberFacts, type MemberType } from '../../wire/tar/pax-writer.ts'
import { NAME_BYTES_MAX } from '../../wire/vault/limits.ts'
import { RecipeReader } from '../../wire/vault/recipe-reader.ts'
import { RecipeWriter } from '../../wire/vault/recipe-writer.ts'
import { UP_ALL } from '../../wire/vault/recipe.ts'
import { RecipeOps } from './recipe-ops.ts'

const TYPES: readonly MemberType[] = ['file', 'hard-link', 'symlink', 'character-device', 'block-device', 'directory', 'fifo', 'dump-directory']
const name = fc.oneof(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' }), fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }), fc.integer({ min: 1, max: 120 }).map((count) => 'n'.repeat(count)))
  .map((text) => Buffer.from(text.replaceAll('/', '_').replaceAll('\0', '_')))
const directory = fc.array(name, { maxLength: 12 }).map((names) => Buffer.concat([Buffer.from('./'), ...names.flatMap((each) => [each, Buffer.from('/')])]))
const facts = fc.record({
  type: fc.constantFrom(...TYPES),
  mode: fc.nat(0o7777),
  uid: fc.oneof(fc.nat(70_000), fc.constant(0o10000000)),
  gid: fc.nat(70_000),
  dataBytes: fc.oneof(fc.nat(100_000), fc.constant(2 ** 40)),
  mtimeSeconds: fc.oneof(fc.integer({ min: -10, max: 2 ** 33 }), fc.constant(1_795_000_000)),
  mtimeRest: fc.constantFrom(0, 1, 999_999_999),
  userName: fc.constantFrom(new Uint8Array(0), Buffer.from('root'), Buffer.alloc(31, 'u')),
  groupName: fc.constantFrom(new Uint8Array(0), Buffer.from('users')),
  deviceMajor: fc.nat(300),
  deviceMinor: fc.nat(300),
  records: fc.constantFrom([], [['SCHILY.xattr.user.a', Buffer.from('value\0')]] as const),
  target: fc.oneof(name, fc.constant(Buffer.alloc(150, 't'))),
})
type Facts = typeof facts extends fc.Arbitrary<infer Value> ? Value : never

function blocksOf(writer: PaxWriter, path: Buffer, { target, ...given }: Facts): Buffer {
  const hasTarget = given.type === 'hard-link' || given.type === 'symlink'
  const member: MemberFacts = { ...emptyFacts(), ...given, path, pathBytes: path.length, target: hasTarget ? target : undefined }
  return Buffer.from(writer.header(member))
}

/** The recipe of headers in a directory, as the archiver makes it. */
function operationsOf(blocks: Uint8Array, path: Uint8Array, inDirectory: Uint8Array): Buffer {
  const operations = new RecipeOps()
  assert.ok(operations.header(blocks, path, inDirectory.length, path.length))
  return Buffer.from(operations.bytes)
}

function read(recipe: Uint8Array, inDirectory: Uint8Array): Buffer {
  const reader = new RecipeReader(recipe, inDirectory)
  const made: Uint8Array[] = []
  for (let next = reader.next(); next !== undefined; next = reader.next()) if (next.kind === 'header') made.push(next.bytes)
  const bytes = Buffer.concat(made)
  assert.equal(reader.nativeBytes, bytes.length)
  return bytes
}

test('header blocks come back as the archiver made them, and in another directory as it would make them there', () => {
  const writer = new PaxWriter()
  fc.assert(
    fc.property(facts, name, directory, directory, fc.boolean(), (given, ownName, from, to, isItself) => {
      const [path, moved] = [from, to].map((each) => (isItself ? each : Buffer.concat([each, ownName])))
      assert.ok(path !== undefined && moved !== undefined)
      const recipe = operationsOf(blocksOf(writer, path, given), path, from)
      assert.deepEqual(read(recipe, from), blocksOf(writer, path, given))
      assert.deepEqual(read(recipe, to), blocksOf(writer, moved, given))
    }),
    { numRuns: 500 },
  )
})

test('directories are gone to from the one before, and none is above the first or too long', () => {
  const recipe = (steps: readonly (readonly [number, string])[]): Buffer => {
    const writer = new RecipeWriter()
    for (const [up, path] of steps) writer.directory(up, Buffer.from(path))
    const header = new PaxWriter().header({ ...emptyFacts(), path: Buffer.from('x'), pathBytes: 1 })
    return Buffer.concat([writer.bytes(), operationsOf(header, Buffer.from('x'), new Uint8Array(0))])
  }
  const pathOf = (steps: readonly (readonly [number, string])[], from: string): string => read(recipe(steps), Buffer.from(from)).subarray(0, 100).toString().replaceAll('\0', '')
  assert.equal(pathOf([], './a/b/'), './a/b/x')
  assert.equal(pathOf([[1, 'c/d/']], './a/b/'), './a/c/d/x')
  assert.equal(pathOf([[1, 'c/d/'], [2, ''], [0, 'e/']], './a/b/'), './a/e/x')
  assert.equal(pathOf([[3, '']], './a/b/'), 'x')
  assert.equal(pathOf([[UP_ALL, './z/']], './a/b/'), './z/x')
  for (const [steps, from] of [[[[4, '']], './a/b/'], [[[1, 'a/']], ''], [[[0, 'y'.repeat(NAME_BYTES_MAX)]], './']] as const) assert.throws(() => pathOf(steps, from), { code: 'vault-damaged' })
})

test('a reader that wants no header blocks takes no notice of directories, and counts the rest', () => {
  const writer = new RecipeWriter()
  writer.directory(9, Buffer.from('x/'))
  writer.header({ name: Buffer.from('n'), fields: Buffer.alloc(49, 1), link: new Uint8Array(0), rest: Buffer.of(1), records: new Uint8Array(0) })
  writer.zeros(7)
  const reader = new RecipeReader(writer.bytes())
  assert.deepEqual([reader.next()?.kind, reader.next()?.kind, reader.next()?.kind, reader.next()], ['directory', 'header', 'zeros', undefined])
  assert.equal(reader.nativeBytes, 7)
})
