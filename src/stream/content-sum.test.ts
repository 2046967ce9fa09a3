import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { ContentSum } from './content-sum.ts'

const BLOCK = 64 * 1024

function sumOf(...pieces: readonly (readonly [Uint8Array, number])[]): string {
  const sum = new ContentSum()
  for (const [piece, position] of pieces) sum.update(piece, position)
  return sum.digest()
}

test('a block is summed behind its number, blocks of zeros not at all', () => {
  const expected = createHash('sha256').update(Buffer.from([3, 0, 0, 0, 0, 0, 0, 0])).update(Buffer.concat([Buffer.alloc(5), Buffer.from('abc'), Buffer.alloc(BLOCK - 8)])).digest('hex')
  assert.equal(sumOf([Buffer.from('abc'), 3 * BLOCK + 5]), expected)
  assert.equal(sumOf([Buffer.alloc(2 * BLOCK), 0], [Buffer.from('abc'), 3 * BLOCK + 5], [Buffer.alloc(BLOCK), 9 * BLOCK]), expected)
  assert.equal(sumOf(), createHash('sha256').digest('hex'))
})

test('one byte elsewhere is another sum', () => {
  const sums = [sumOf([Buffer.from('a'), 0]), sumOf([Buffer.from('a'), 1]), sumOf([Buffer.from('a'), BLOCK]), sumOf([Buffer.from('b'), 0]), sumOf()]
  assert.equal(new Set(sums).size, sums.length)
})

test('any cut of the same bytes gives the same sum', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(3 * BLOCK), fc.array(fc.nat(300), { maxLength: 5 }), (bytes, position, cuts) => {
      const places = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length]
      const pieces = places.slice(1).map((end, index) => [bytes.subarray(places[index], end), position + (places[index] ?? 0)] as const)
      assert.equal(sumOf(...pieces), sumOf([bytes, position]))
    }),
    { numRuns: 60 },
  )
})
