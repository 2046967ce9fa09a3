import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sourceOf } from '../../kernel/byte-stream.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { seededRandom } from '../../kernel/random.ts'
import { ID_BYTES } from '../../wire/vault/limits.ts'
import { RecipeReader } from '../../wire/vault/recipe-reader.ts'
import type { PackGrant, RecipeEntry, VaultUplink } from '../../wire/vault/uplink.ts'
import { crc32cOf } from '../crc32c.ts'
import { BlockOpener } from './block-opener.ts'
import { cutStream } from './cut-threads.ts'
import { RecipeCutter } from './recipe-cutter.ts'
import { openSegmentHash, type SegmentHash } from './segment-hash.ts'
import { openSegmenter } from './segmenter.ts'
import { CUTTER_SLOT_BYTES, TarCutter } from './tar-cutter.ts'

const random = seededRandom(21)
const vaultId = random.bytes(16)
const idKey = random.bytes(32)
const seed = random.bytes(32)
const hash: SegmentHash = await openSegmentHash(idKey)
const nameOf = (id: Uint8Array): string => Buffer.from(id).toString('hex')

/** One member, as ustar has it. */
function member(name: string, content: Uint8Array, type = '0'): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0, 'latin1')
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar\u000000', 257)
  header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)])
}

const END = Buffer.alloc(10_240)

interface Cut {
  readonly segments: Map<string, Uint8Array>
  readonly recipes: Uint8Array[]
  readonly members: number
}

/** One for all tests of this file: it begins anew with every stream. */
const segmenter = openSegmenter(seed, CUTTER_SLOT_BYTES)

function cut(pieces: readonly Uint8Array[]): Cut {
  const result = { segments: new Map<string, Uint8Array>(), recipes: [] as Uint8Array[], members: 0 }
  let bytes = 0
  const recipe = new RecipeCutter((segment) => {
    result.recipes.push(Uint8Array.from(segment.bytes))
    result.members += segment.members
    bytes += segment.nativeBytes
    assert.equal(crc32cOf(restore({ ...result, recipes: result.recipes.slice(-1) })), segment.crc)
  })
  const cutter = new TarCutter(segmenter, hash, recipe, (ids, idAt, segment) => result.segments.set(nameOf(ids.subarray(idAt, idAt + ID_BYTES)), Uint8Array.from(segment)))
  for (const piece of pieces) cutter.push(piece)
  cutter.finish()
  assert.equal(bytes, pieces.reduce((sum, piece) => sum + piece.length, 0))
  return result
}

function restore({ segments, recipes }: Pick<Cut, 'segments' | 'recipes'>): Buffer {
  const parts: Uint8Array[] = []
  for (const recipe of recipes) {
    const reader = new RecipeReader(recipe)
    for (let step = reader.next(); step !== undefined; step = reader.next()) {
      if (step.kind === 'literal') parts.push(step.bytes)
      else if (step.kind === 'zeros') parts.push(new Uint8Array(step.count))
      else if (step.kind === 'segment') {
        const bytes = segments.get(nameOf(step.id))
        assert.ok(bytes?.length === step.length && crc32cOf(bytes) === step.crc)
        parts.push(bytes)
      }
    }
  }
  return Buffer.concat(parts)
}

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
}

const archive = Buffer.concat([
  member('dir/', Buffer.alloc(0), '5'),
  member('x', Buffer.from('28 path=a longer name of it\n'), 'x'),
  member('short', random.bytes(3000)),
  member('empty', Buffer.alloc(0)),
  member('large', random.bytes(900_000)),
  member('zeros', Buffer.alloc(2_000_000)),
  member('text', Buffer.alloc(130_000, 'again and ')),
  END,
])

test('an archive comes back whole, and its files are segments', () => {
  const result = cut([archive])
  assert.deepEqual(restore(result), archive)
  assert.equal(result.members, 6)
  const whole = [...result.segments.values()].some((segment) => segment.length === 3000)
  assert.ok(whole && result.segments.size >= 4)
  const recipeBytes = result.recipes.reduce((sum, recipe) => sum + recipe.length, 0)
  assert.ok(recipeBytes < 1500, `${recipeBytes} bytes of recipe`)
  for (const size of [1, 511, 512, 700, 65_536]) assert.deepEqual(cut(pieces(archive.subarray(0, size === 1 ? 9000 : archive.length), size)), cut([archive.subarray(0, size === 1 ? 9000 : archive.length)]))
})

test('files that moved in the archive are found again', () => {
  const files = Array.from({ length: 300 }, (_, index) => member(`file${index}`, random.bytes(500 + index)))
  const before = cut([...files, END])
  const after = cut([member('new', random.bytes(77)), ...files.slice(150), ...files.slice(0, 150), END])
  assert.equal([...after.segments.keys()].filter((id) => !before.segments.has(id)).length, 1)
})

test('the same members give the same segments of a recipe, wherever they are', () => {
  const files = Array.from({ length: 3000 }, (_, index) => member(`some/directory/file${index}`, Buffer.from(`${index}`)))
  const before = cut([...files, END]).recipes.map((recipe) => crc32cOf(recipe))
  const after = cut([member('new', Buffer.from('new')), ...files, END]).recipes.map((recipe) => crc32cOf(recipe))
  assert.ok(before.length >= 4)
  assert.ok(after.filter((crc) => !before.includes(crc)).length <= 2, `${before.length} ${after.length}`)
})

test('any bytes come back, damaged archives and none at all', () => {
  fc.assert(
    fc.property(fc.nat(archive.length - 1), fc.nat(255), fc.integer({ min: 1, max: archive.length }), fc.integer({ min: 200, max: 200_000 }), (at, byte, length, size) => {
      const bytes = Uint8Array.from(archive)
      bytes[at - (at % 512) + (at % 3)] = byte
      const given = bytes.subarray(0, length)
      assert.deepEqual(restore(cut(pieces(given, size))), Buffer.from(given))
    }),
    { numRuns: 25 },
  )
  for (const bytes of [Buffer.alloc(0), random.bytes(3), random.bytes(700_000), Buffer.alloc(5_000_000)]) assert.deepEqual(restore(cut(pieces(bytes, 100_000))), Buffer.from(bytes))
})

test('headers without end are written as they come', () => {
  const label = member('label', Buffer.alloc(3_000_000, 7), 'V')
  const bytes = Buffer.concat([label, member('file', random.bytes(10)), END])
  assert.deepEqual(restore(cut(pieces(bytes, 300_000))), bytes)
})

/** Keeps what it is given, and checks it as a vault does. */
class MemoryUplink {
  readonly segments = new Map<string, Uint8Array>()
  readonly packs = new Map<string, { key: Uint8Array; numbers: Set<number>; isSealed: boolean }>()
  readonly entries: RecipeEntry[] = []
  sentBytes = 0
  readonly #opener = new BlockOpener()

  uplink(): VaultUplink {
    return {
      welcome: () => Promise.resolve({ vaultId, idKey, seed, compressLevel: 1, base: undefined }),
      known: (ids) => {
        const bits = new Uint8Array(Math.ceil(ids.length / ID_BYTES / 8))
        for (let index = 0; index * ID_BYTES < ids.length; index++) if (this.segments.has(nameOf(ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES)))) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
        return Promise.resolve(bits)
      },
      filter: () => Promise.resolve(undefined),
      grantPack: () => {
        const grant: PackGrant = { packId: random.bytes(16), key: random.bytes(32) }
        this.packs.set(nameOf(grant.packId), { key: grant.key, numbers: new Set(), isSealed: false })
        return Promise.resolve(grant)
      },
      sendBlock: (block) => {
        const pack = this.packs.get(nameOf(block.packId))
        assert.ok(pack !== undefined && !pack.isSealed && !pack.numbers.has(block.number))
        pack.numbers.add(block.number)
        this.sentBytes += block.sealed.length
        const plain = this.#opener.check({ vaultId, key: pack.key, block }, hash)
        let at = 0
        for (const [index, length] of block.lengths.entries()) this.segments.set(nameOf(block.ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES)), Uint8Array.from(plain.subarray(at, (at += length))))
        return Promise.resolve()
      },
      sealPack: (packId) => {
        const pack = this.packs.get(nameOf(packId))
        assert.ok(pack !== undefined && !pack.isSealed)
        pack.isSealed = true
        return Promise.resolve()
      },
      sendRecipe: (entries) => {
        this.entries.push(...entries)
        return Promise.resolve()
      },
      finish: () => Promise.resolve({ manifest: 'm' }),
    }
  }

  restored(): Buffer {
    return restore({ segments: this.segments, recipes: this.entries.map(({ id }) => this.segments.get(nameOf(id)) ?? new Uint8Array(0)) })
  }
}

test('a stream goes into a vault by way of a thread, and nothing of it the second time', async () => {
  const bytes = Buffer.concat([archive, random.bytes(40_000_000)])
  const memory = new MemoryUplink()
  let seen = 0
  const signal = new AbortController().signal
  const facts = await cutStream(sourceOf(...pieces(bytes, 777_777)), memory.uplink(), { onBytes: (count) => (seen += count) }, signal)
  assert.deepEqual(facts, { nativeBytes: bytes.length, nativeCrc: crc32cOf(bytes), members: 6, readBytes: bytes.length, unchangedBytes: 0 })
  assert.equal(seen, bytes.length)
  assert.ok(memory.restored().equals(bytes))
  const filled = [...memory.packs.values()].filter(({ numbers }) => numbers.size > 0)
  assert.ok(filled.length >= 2 && filled.every(({ isSealed }) => isSealed))
  const sentBytes = memory.sentBytes
  memory.entries.length = 0
  assert.deepEqual(await cutStream(sourceOf(...pieces(bytes, 100_000)), memory.uplink(), { onBytes: () => {} }, signal), facts)
  assert.equal(memory.sentBytes, sentBytes)
  assert.ok(memory.restored().equals(bytes))
})

test('a failure of either side and a cancel end the cut', async () => {
  const failed = async (uplink: Partial<VaultUplink>, signal: AbortSignal): Promise<string> => {
    const memory = new MemoryUplink()
    return await cutStream(sourceOf(...pieces(random.bytes(3_000_000), 100_000)), { ...memory.uplink(), ...uplink }, { onBytes: () => {} }, signal).then(
      () => 'none',
      (error: unknown) => faultOf(error).code,
    )
  }
  const signal = new AbortController().signal
  const full = (): Promise<never> => Promise.reject(new Fault('disk-full', 'full'))
  assert.equal(await failed({ sendBlock: full }, signal), 'disk-full')
  assert.equal(await failed({ known: full }, signal), 'disk-full')
  assert.equal(await failed({}, AbortSignal.abort(new Fault('cancelled', 'enough'))), 'cancelled')
})
