import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { comparable } from '../../../testkit/comparable.ts'
import { Fault } from '../../kernel/fault.ts'
import { blockAad, blockNonce, isBlockSize } from './block-seal.ts'
import { BLOCK_PLAIN_BYTES_MAX, TRAILER_NUMBER } from './limits.ts'
import { decodePackTrailer, encodePackTrailer, type PackTrailer, type TrailerBlock } from './pack-trailer.ts'
import { decodePackFooter, decodePackHeader, encodePackFooter, encodePackHeader, PACK_FOOTER_BYTES, PACK_HEADER_BYTES, packPath } from './pack.ts'

const bytesOf = (count: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: count, maxLength: count })

const blocks: fc.Arbitrary<readonly TrailerBlock[]> = fc.array(fc.tuple(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 6 }), fc.constantFrom('data' as const, 'recipe' as const), fc.option(fc.integer({ min: 17, max: 5000 }))), { maxLength: 5 }).map((all) => {
  let offset = PACK_HEADER_BYTES
  return all.map(([lengths, kind, zstdBytes], number) => {
    const plainBytes = lengths.reduce((sum, length) => sum + length, 0)
    const sealedBytes = zstdBytes ?? plainBytes + 16
    const block: TrailerBlock = { number: number * 3, offset, sealedBytes, kind, compression: zstdBytes === null ? 'none' : 'zstd', plainBytes, ids: Buffer.alloc(lengths.length * 32, number + 1), lengths: Uint32Array.from(lengths) }
    offset += sealedBytes
    return block
  })
})
const endOf = ({ blocks: all }: PackTrailer): number => all.reduce((sum, block) => sum + block.sealedBytes, PACK_HEADER_BYTES)
const trailer = fc.record({ domain: fc.string({ maxLength: 20 }), blocks })

test('header, footer and trailer come back as they were', () => {
  fc.assert(
    fc.property(bytesOf(16), bytesOf(16), bytesOf(32), trailer, fc.nat(7), (vaultId, packId, salt, written, shift) => {
      assert.deepEqual(comparable(decodePackHeader(encodePackHeader({ vaultId, packId, salt }))), comparable({ vaultId, packId, salt }))
      const plain = encodePackTrailer(written)
      // Views of lengths need aligned bytes; others are copied.
      const shifted = Buffer.concat([Buffer.alloc(shift), plain]).subarray(shift)
      assert.deepEqual(comparable(decodePackTrailer(shifted, endOf(written))), comparable(written))
      const footer = { trailerOffset: endOf(written), sealedBytes: plain.length + 16, plainBytes: plain.length }
      assert.deepEqual(decodePackFooter(encodePackFooter(footer), footer.trailerOffset + footer.sealedBytes + PACK_FOOTER_BYTES), footer)
    }),
  )
})

test('random and changed bytes give a trailer or vault-damaged', () => {
  const attempt = (decode: () => unknown): void => {
    try {
      decode()
    } catch (error) {
      assert.ok(error instanceof Fault && error.code === 'vault-damaged', String(error))
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    attempt(() => decodePackTrailer(bytes, PACK_HEADER_BYTES))
    attempt(() => decodePackHeader(bytes))
    attempt(() => decodePackFooter(bytes, 1000))
  }))
  fc.assert(
    fc.property(trailer, fc.nat(), fc.nat(255), (written, at, value) => {
      const bytes = Buffer.from(encodePackTrailer(written))
      bytes[at % bytes.length] = value
      attempt(() => decodePackTrailer(bytes, endOf(written)))
    }),
    { numRuns: 500 },
  )
})

test('a trailer with a gap, an overlap, a number twice or a false length is refused', () => {
  const block: TrailerBlock = { number: 0, offset: PACK_HEADER_BYTES, sealedBytes: 116, kind: 'data', compression: 'none', plainBytes: 100, ids: Buffer.alloc(32), lengths: Uint32Array.of(100) }
  const next: TrailerBlock = { ...block, number: 1, offset: block.offset + 116 }
  const end = PACK_HEADER_BYTES + 232
  assert.equal(decodePackTrailer(encodePackTrailer({ domain: '', blocks: [block, next] }), end).blocks.length, 2)
  const wrong: readonly (readonly TrailerBlock[])[] = [[block, { ...next, offset: next.offset + 1 }], [block, { ...next, offset: next.offset - 1 }], [block, { ...next, number: 0 }], [block, { ...next, number: TRAILER_NUMBER }], [block, { ...next, plainBytes: 99 }], [block, { ...next, lengths: Uint32Array.of(99) }], [block, { ...next, sealedBytes: 117 }], [block]]
  for (const all of wrong) assert.throws(() => decodePackTrailer(encodePackTrailer({ domain: '', blocks: all }), end), { code: 'vault-damaged' })
})

test('nonce and additional data are told apart by each of the facts', () => {
  const vaultId = Buffer.alloc(16, 1)
  const facts = { packId: Buffer.alloc(16, 2), number: 3, kind: 'data', compression: 'zstd', plainBytes: 4 } as const
  const others = [blockAad(Buffer.alloc(16, 9), facts), blockAad(vaultId, { ...facts, packId: Buffer.alloc(16, 9) }), blockAad(vaultId, { ...facts, number: 9 }), blockAad(vaultId, { ...facts, kind: 'recipe' }), blockAad(vaultId, { ...facts, kind: 'trailer' }), blockAad(vaultId, { ...facts, compression: 'none' }), blockAad(vaultId, { ...facts, plainBytes: 9 })]
  const all = [blockAad(vaultId, facts), ...others].map((bytes) => Buffer.from(bytes).toString('hex'))
  assert.equal(new Set(all).size, all.length)
  assert.equal(Buffer.from(blockNonce(0x01020304)).toString('hex'), '000000000000000004030201')
  assert.ok(isBlockSize(1, 17, 'none') && !isBlockSize(1, 18, 'none') && isBlockSize(1, 18, 'zstd') && !isBlockSize(0, 17, 'zstd') && !isBlockSize(BLOCK_PLAIN_BYTES_MAX + 1, 17, 'zstd') && !isBlockSize(1, 16, 'zstd'))
  assert.equal(packPath(Buffer.alloc(16, 0xab)), `packs/ab/${'ab'.repeat(16)}`)
})
