import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { readAll, sourceOf } from '../kernel/byte-stream.ts'
import { Fault } from '../kernel/fault.ts'
import { seededRandom } from '../kernel/random.ts'
import type { RandomBytes } from './random-bytes.ts'
import { decodeSeekFooter, SeekTable, SeekTableWriter } from './seek-table.ts'
import { openSeekable } from './seekable-reader.ts'
import { seekableZstd } from './seekable-zstd.ts'

const LIMIT = 1 << 28
const MIB = 1024 * 1024
const random = seededRandom(11)
const PLAIN = Buffer.concat([Buffer.alloc(2 * MIB + 77, 'what repeats itself '), random.bytes(MIB + 5), Buffer.alloc(MIB, 'and the end')])

/** `bytes` as they lie somewhere, and how many of them were read. */
function stored(bytes: Buffer, pieceBytes = 100_000): RandomBytes & { readonly readBytes: () => number } {
  let readBytes = 0
  return {
    bytes: bytes.length,
    readBytes: () => readBytes,
    read(offset, length) {
      let at = offset
      const end = Math.min(bytes.length, offset + length)
      let ended: Fault | undefined
      return {
        read() {
          if (ended !== undefined) return Promise.reject(ended)
          if (at >= end) return Promise.resolve(null)
          const piece = Buffer.from(bytes.subarray(at, Math.min(end, at + pieceBytes)))
          at += piece.length
          readBytes += piece.length
          return Promise.resolve(piece)
        },
        cancel: (reason) => (ended ??= reason),
      }
    },
  }
}

async function compressed(plain: Buffer): Promise<Buffer> {
  const pieces = [0, 1, 70_000, MIB + 3, 3 * MIB, plain.length].map((at, index, all) => plain.subarray(at, all[index + 1] ?? at))
  return Buffer.from(await readAll(seekableZstd(sourceOf(...pieces), 1), LIMIT))
}

test('any range comes out of the frames that hold it, and little else is read', async () => {
  const packed = await compressed(PLAIN)
  const opened = await openSeekable(stored(packed))
  assert.ok(opened !== undefined)
  assert.equal(opened.bytes, PLAIN.length)
  await fc.assert(
    fc.asyncProperty(fc.nat(PLAIN.length + 10), fc.oneof(fc.nat(5000), fc.nat(PLAIN.length)), async (offset, length) => {
      const range = await readAll(opened.read(offset, length), LIMIT)
      assert.ok(PLAIN.subarray(offset, offset + length).equals(range))
    }),
    { numRuns: 40 },
  )
  const counted = stored(packed)
  const small = await openSeekable(counted)
  assert.ok(small !== undefined)
  await readAll(small.read(PLAIN.length - 4096, 4096), LIMIT)
  assert.ok(counted.readBytes() < 20_000, `${counted.readBytes()} bytes were read`)
})

test('the program zstd reads it as one stream and tells its size', async () => {
  const packed = await compressed(PLAIN)
  assert.ok(PLAIN.equals(execFileSync('zstd', ['-d', '-c'], { input: packed, maxBuffer: LIMIT })))
  assert.equal(execFileSync('zstd', ['-d', '-c'], { input: await compressed(Buffer.alloc(0)), maxBuffer: LIMIT }).length, 0)
})

test('a stream without a table has none; one frame that is altered is found out when it is read', async () => {
  const packed = await compressed(PLAIN)
  assert.equal(await openSeekable(stored(execFileSync('zstd', ['-c'], { input: PLAIN, maxBuffer: LIMIT }))), undefined)
  assert.equal(await openSeekable(stored(Buffer.from('short'))), undefined)
  const altered = Buffer.from(packed)
  altered[20] = (altered[20] ?? 0) ^ 1
  const opened = await openSeekable(stored(altered))
  assert.ok(opened !== undefined)
  await assert.rejects(readAll(opened.read(0, 10), LIMIT), { code: 'filter-failed' })
  assert.equal((await readAll(opened.read(2 * MIB, MIB), LIMIT)).length, MIB)
})

test('damaged tables are faults', async () => {
  const packed = await compressed(PLAIN.subarray(0, 1000))
  const table = 8 + 8 + 9
  const start = packed.length - table
  const change = (at: number, value: number): Buffer => {
    const copy = Buffer.from(packed)
    copy.writeUInt32LE(value, at)
    return copy
  }
  for (const bad of [change(start, 1), change(start + 4, 1), change(start + 8, 5), change(packed.length - 9, 2 ** 31), change(packed.length - 9, 0), packed.subarray(packed.length - 12)]) await assert.rejects(openSeekable(stored(bad)), { code: 'filter-failed' })
  const descriptor = Buffer.from(packed)
  descriptor[packed.length - 5] = 0x40
  await assert.rejects(openSeekable(stored(descriptor)), { code: 'filter-failed' })
  // A frame that holds more or less than the table says.
  for (const bytes of [10, 5000]) {
    const opened = await openSeekable(stored(change(start + 12, bytes)))
    assert.ok(opened !== undefined)
    await assert.rejects(readAll(opened.read(0, 10), LIMIT), { code: 'filter-failed' })
  }
  // Frames that are too large to be uncompressed as a whole are read through.
  assert.equal(await openSeekable(stored(change(start + 12, 2 ** 30))), undefined)
})

test('a table of checksums is understood, and every place is in its frame', () => {
  const writer = new SeekTableWriter()
  const sizes = Array.from({ length: 3000 }, (_, index) => [1 + (index % 7), index % 5] as const)
  for (const [packed, plain] of sizes) writer.add(packed, plain)
  const bytes = writer.encode()
  const total = bytes.length + sizes.reduce((sum, [packed]) => sum + packed, 0)
  const footer = decodeSeekFooter(bytes.subarray(bytes.length - 9), total)
  assert.ok(footer !== undefined)
  const table = SeekTable.decode(bytes, footer, total)
  assert.ok(table !== undefined)
  assert.equal(table.bytes, sizes.reduce((sum, [, plain]) => sum + plain, 0))
  for (let offset = 0; offset < table.bytes; offset += 13) {
    const frame = table.frame(table.indexAt(offset))
    assert.ok(frame !== undefined && frame.offset <= offset && offset < frame.offset + frame.bytes)
  }
  const summed = Buffer.alloc(8 + 12 + 9)
  summed.writeUInt32LE(0x184d2a5e, 0)
  summed.writeUInt32LE(21, 4)
  summed.writeUInt32LE(3, 8)
  summed.writeUInt32LE(4, 12)
  summed.writeUInt32LE(1, 20)
  summed.writeUInt8(0x80, 24)
  summed.writeUInt32LE(0x8f92eab1, 25)
  const known = decodeSeekFooter(summed.subarray(20), 32)
  assert.ok(known !== undefined)
  assert.deepEqual(SeekTable.decode(summed, known, 32)?.frame(0), { storedOffset: 0, storedBytes: 3, offset: 0, bytes: 4 })
})
