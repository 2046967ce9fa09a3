import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BLOCK_BYTES, allocate, grownBytes, openDisks, roomBytes, withHeaders, type OpenDisk } from './holding-allocation.ts'

const MIB = 2 ** 20
const disk = (freeMib: number, writers = 0, chunkBytes = 1024 * MIB): OpenDisk => ({ freeBytes: freeMib * MIB, writers, chunkBytes })

test('the disk that the fewest dumps fill comes first, then the one with most room', () => {
  const first = (...disks: OpenDisk[]): number | undefined => allocate(disks, MIB)?.[0]?.disk
  assert.equal(first(disk(10), disk(20)), 1)
  assert.equal(first(disk(10), disk(20, 1)), 0)
  assert.equal(first(disk(10, 1), disk(20, 1), disk(30, 2)), 1)
  assert.equal(allocate([disk(10), disk(20)], MIB, 0)?.[0]?.disk, 0)
})

test('a dump spans disks, and gets nothing when all together have too little', () => {
  assert.deepEqual(allocate([disk(2), disk(3)], 4 * MIB), [{ disk: 1, bytes: 3 * MIB }, { disk: 0, bytes: MIB + 2 * BLOCK_BYTES }])
  assert.equal(allocate([disk(2), disk(3)], 5 * MIB), undefined)
  assert.deepEqual(allocate([disk(2, 0), disk(9, 1)], 4 * MIB)?.map((piece) => piece.disk), [0, 1])
  assert.equal(allocate([], 1), undefined)
  assert.equal(allocate([{ freeBytes: BLOCK_BYTES, writers: 0, chunkBytes: MIB }], 1), undefined)
})

test('each chunk takes a header', () => {
  assert.equal(withHeaders(0, MIB), 2 * BLOCK_BYTES)
  assert.equal(withHeaders(31 * BLOCK_BYTES, MIB), MIB)
  assert.equal(withHeaders(31 * BLOCK_BYTES + 1, MIB), MIB + 2 * BLOCK_BYTES)
})

test('what was promised to a running dump is nobody else\'s', () => {
  const mode = { kind: 'running', to: 'holding', dumper: 0, pieces: [{ disk: 1, bytes: 6 * MIB }], wantsRoomSince: undefined, isRefused: false, isCancelled: false } as const
  const spec = { id: 'x' as never, host: 'h', spindle: -1, maxDumps: 1, holding: 'auto', level: 0, estimatedBytes: 1 } as const
  const job = { spec, mode, level: 0, estimatedBytes: 1, rateKib: undefined, attempts: 1, isDirect: false, leftover: undefined }
  const room = { availableBytes: 10 * MIB, chunkBytes: MIB }
  assert.deepEqual(openDisks([room, room], [job]), [{ freeBytes: 10 * MIB, chunkBytes: MIB, writers: 0 }, { freeBytes: 4 * MIB, chunkBytes: MIB, writers: 1 }])
})

test('a dump grows by a twentieth, and by 64 KiB at least', () => {
  assert.equal(grownBytes(100 * MIB), 105 * MIB)
  assert.equal(grownBytes(BLOCK_BYTES), 3 * BLOCK_BYTES)
})

test('property: pieces hold the data, no disk gives more than it has, and what has room is given', () => {
  const disks = fc.array(fc.record({ freeBytes: fc.integer({ min: -MIB, max: 40 * MIB }), writers: fc.integer({ min: 0, max: 3 }), chunkBytes: fc.integer({ min: 2 * BLOCK_BYTES, max: 8 * MIB }) }), { maxLength: 5 })
  fc.assert(
    fc.property(disks, fc.integer({ min: 0, max: 90 * MIB }), (open, dataBytes) => {
      const pieces = allocate(open, dataBytes)
      assert.equal(pieces !== undefined, roomBytes(open) >= Math.max(1, dataBytes))
      if (pieces === undefined) return
      assert.equal(new Set(pieces.map((piece) => piece.disk)).size, pieces.length)
      for (const { disk: index, bytes } of pieces) assert.ok(bytes > 0 && bytes <= (open[index]?.freeBytes ?? 0))
      assert.ok(roomBytes(pieces.map(({ disk: index, bytes }) => ({ freeBytes: bytes, writers: 0, chunkBytes: open[index]?.chunkBytes ?? MIB }))) >= dataBytes)
    }),
  )
})
