import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { comparable } from '../../../testkit/comparable.ts'
import { Fault } from '../../kernel/fault.ts'
import { LITERAL_BYTES_MAX, RECIPE_SEGMENT_BYTES_MAX, SEGMENT_BYTES_MAX } from './limits.ts'
import { decodeRecipeEntries, encodeRecipeEntries, RECIPE_ENTRY_BYTES } from './recipe-entries.ts'
import { RecipeReader } from './recipe-reader.ts'
import { RecipeWriter } from './recipe-writer.ts'
import type { RecipeOperation } from './recipe.ts'

function withoutZeros(maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ maxLength }).map((bytes) => bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1))
}

const operation: fc.Arbitrary<RecipeOperation> = fc.oneof(
  fc.constant({ kind: 'member' as const }),
  fc.record({ kind: fc.constant('literal' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }) }),
  fc.record({ kind: fc.constant('zeros' as const), count: fc.integer({ min: 1, max: 2 ** 40 }) }),
  fc.record({ kind: fc.constant('directory' as const), up: fc.constantFrom(0, 255), path: fc.uint8Array({ maxLength: 30 }) }),
  fc.record({ kind: fc.constant('header' as const), name: fc.uint8Array({ maxLength: 20 }), fields: fc.uint8Array({ minLength: 49, maxLength: 49 }), link: withoutZeros(100), rest: withoutZeros(255), records: fc.uint8Array({ maxLength: 40 }), bytes: fc.constant(new Uint8Array(0)) }),
  fc.record({ kind: fc.constant('segment' as const), id: fc.uint8Array({ minLength: 32, maxLength: 32 }), length: fc.integer({ min: 1, max: SEGMENT_BYTES_MAX }), crc: fc.nat(0xffff_ffff) }),
)

function written(operations: readonly RecipeOperation[]): Buffer {
  const writer = new RecipeWriter()
  for (const each of operations) {
    if (each.kind === 'literal') writer.literal(each.bytes)
    else if (each.kind === 'zeros') writer.zeros(each.count)
    else if (each.kind === 'segment') writer.segment(Buffer.concat([Buffer.alloc(7), each.id]), 7, each.length, each.crc)
    else if (each.kind === 'directory') writer.directory(each.up, each.path)
    else if (each.kind === 'header') writer.header(each)
    else writer.member()
  }
  return writer.bytes()
}

function read(bytes: Uint8Array): RecipeOperation[] {
  const reader = new RecipeReader(bytes)
  const operations: RecipeOperation[] = []
  for (;;) {
    const next = reader.next()
    if (next === undefined) return operations
    operations.push(next)
  }
}

test('operations come back as they were, and their bytes and members are counted', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const bytes = written(operations)
      assert.deepEqual(comparable(read(bytes)), comparable(operations))
      const reader = new RecipeReader(bytes)
      while (reader.next() !== undefined);
      const sum = operations.reduce((total, each) => total + (each.kind === 'literal' ? each.bytes.length : each.kind === 'zeros' ? each.count : each.kind === 'segment' ? each.length : 0), 0)
      assert.equal(reader.nativeBytes, sum)
      assert.equal(reader.members, operations.filter(({ kind }) => kind === 'member').length)
      assert.equal(reader.offset, bytes.length)
    }),
  )
})

test('a long literal becomes several operations', () => {
  const bytes = Buffer.alloc(LITERAL_BYTES_MAX * 2 + 5, 7)
  const operations = read(written([{ kind: 'literal', bytes }]))
  assert.deepEqual(operations.map((each) => (each.kind === 'literal' ? each.bytes.length : 0)), [LITERAL_BYTES_MAX, LITERAL_BYTES_MAX, 5])
})

test('random and changed bytes give operations or vault-damaged; what is read has no other form', () => {
  const attempt = (bytes: Uint8Array): void => {
    try {
      assert.deepEqual(written(read(bytes)), Buffer.from(bytes))
      const reader = new RecipeReader(bytes, Buffer.from('./a/'))
      while (reader.next() !== undefined);
    } catch (error) {
      assert.ok(error instanceof Fault && error.code === 'vault-damaged', String(error))
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), attempt), { numRuns: 500 })
  fc.assert(
    fc.property(fc.array(operation, { minLength: 1, maxLength: 6 }), fc.nat(), fc.nat(255), (operations, at, value) => {
      const bytes = written(operations)
      bytes[at % bytes.length] = value
      attempt(bytes)
    }),
    { numRuns: 1000 },
  )
})

test('numbers that are too long, zero or above 2^53 are refused', () => {
  for (const bytes of [[2, 0], [2, 0x80, 0], [2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f], [1, 5, 1], [9], [1, 0x81, 0x80, 4]]) assert.throws(() => read(Uint8Array.from(bytes)), { code: 'vault-damaged' }, bytes.join())
  const most = [2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]
  assert.deepEqual(read(Uint8Array.from(most)), [{ kind: 'zeros', count: Number.MAX_SAFE_INTEGER }])
  assert.throws(() => read(Uint8Array.from([...most, 2, 1])), { code: 'vault-damaged' })
})

test('entries come back as they were', () => {
  const entry = fc.record({ id: fc.uint8Array({ minLength: 32, maxLength: 32 }), recipeBytes: fc.integer({ min: 1, max: RECIPE_SEGMENT_BYTES_MAX }), nativeBytes: fc.maxSafeNat(), crc: fc.nat(0xffff_ffff), directory: fc.uint8Array({ maxLength: 30 }) })
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 10 }), (entries) => {
      const bytes = encodeRecipeEntries(entries)
      assert.equal(bytes.length, entries.reduce((sum, { directory }) => sum + RECIPE_ENTRY_BYTES + directory.length, 0))
      assert.deepEqual(comparable(decodeRecipeEntries(bytes)), comparable(entries))
    }),
  )
  assert.throws(() => decodeRecipeEntries(new Uint8Array(47)), { code: 'vault-damaged' })
  assert.throws(() => decodeRecipeEntries(new Uint8Array(50), 'wire-malformed'), { code: 'wire-malformed' })
})
