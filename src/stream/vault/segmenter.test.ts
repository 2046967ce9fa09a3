import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../kernel/random.ts'
import { LARGE_CONTENT_BYTES, LARGE_SEGMENT_SIZES, openSegmenter, segmentSizesFor, SEGMENT_SIZES, type Segmenter, type SegmentSizes } from './segmenter.ts'

const MIB = 1024 * 1024
const seed = seededRandom(3).bytes(32)
const SMALL: SegmentSizes = { bytesMin: 64, bytesNormal: 2048, bytesMax: 8192 }

function cutAll(segmenter: Segmenter, content: Uint8Array, sizes: SegmentSizes): number[] {
  segmenter.slot.set(content)
  const lengths: number[] = []
  for (let at = 0; at < content.length; at += lengths.at(-1) ?? 0) lengths.push(segmenter.next(sizes, at, content.length, true))
  return lengths
}

const vector = openSegmenter(seed, 8 * MIB)
const scalar = openSegmenter(seed, 8 * MIB, 'scalar')

test('vectors and plain code cut at the same places', () => {
  const pattern = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 24 }), fc.integer({ min: 1, max: 2000 }))
  fc.assert(
    fc.property(fc.array(fc.oneof(pattern, fc.integer({ min: 1, max: 30_000 })), { maxLength: 6 }), fc.integer(), (parts, number) => {
      const random = seededRandom(number)
      const content = Buffer.concat(parts.map((part) => (typeof part === 'number' ? random.bytes(part) : Buffer.alloc(part[0].length * part[1], part[0]))))
      assert.deepEqual(cutAll(vector, content, SMALL), cutAll(scalar, content, SMALL))
    }),
    { numRuns: 150 },
  )
})

test('segments keep to their sizes and are of the size that is wanted', () => {
  const content = seededRandom(11).bytes(8 * MIB)
  const lengths = cutAll(vector, content, SEGMENT_SIZES)
  assert.deepEqual(lengths, cutAll(scalar, content, SEGMENT_SIZES))
  assert.equal(lengths.reduce((sum, length) => sum + length, 0), content.length)
  for (const length of lengths.slice(0, -1)) assert.ok(length >= SEGMENT_SIZES.bytesMin && length <= SEGMENT_SIZES.bytesMax)
  const average = content.length / lengths.length
  assert.ok(average > 200 * 1024 && average < 420 * 1024, `${average}`)
})

test('an insertion changes the segments around it and no others', () => {
  const random = seededRandom(5)
  const content = Buffer.from(random.bytes(2 * MIB))
  const changed = Buffer.concat([content.subarray(0, 700_000), random.bytes(13), content.subarray(700_000)])
  const partsOf = (bytes: Buffer): Set<string> => {
    let at = 0
    return new Set(cutAll(vector, bytes, SMALL).map((length) => bytes.subarray(at, (at += length)).toString('latin1')))
  }
  const before = partsOf(content)
  const fresh = [...partsOf(changed)].filter((part) => !before.has(part))
  assert.ok(fresh.length >= 1 && fresh.length <= 4, `${fresh.length} of ${before.size}`)
})

test('where content arrives in pieces the cuts are the same', () => {
  const content = seededRandom(8).bytes(300_000)
  const whole = cutAll(vector, content, SMALL)
  const lengths: number[] = []
  let at = 0
  for (let end = 0; at < content.length; ) {
    const length = vector.next(SMALL, at, end, end === content.length)
    if (length === 0) end = Math.min(content.length, end + 777)
    else {
      lengths.push(length)
      at += length
    }
  }
  assert.deepEqual(lengths, whole)
})

test('another seed cuts elsewhere', () => {
  const content = seededRandom(8).bytes(300_000)
  assert.notDeepEqual(cutAll(openSegmenter(seededRandom(4).bytes(32), MIB), content, SMALL), cutAll(vector, content, SMALL))
})

test('only content from 128 KiB on is cut', () => {
  assert.equal(segmentSizesFor(128 * 1024 - 1), undefined)
  assert.equal(segmentSizesFor(128 * 1024), SEGMENT_SIZES)
  assert.equal(segmentSizesFor(LARGE_CONTENT_BYTES), SEGMENT_SIZES)
  assert.equal(segmentSizesFor(LARGE_CONTENT_BYTES + 1), LARGE_SEGMENT_SIZES)
})
