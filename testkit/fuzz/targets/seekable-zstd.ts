// Streams of zstd with a seek table, entered in the middle. What can be read in ranges must be what zstd itself makes of the whole.

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { readAll } from '../../../src/kernel/byte-stream.ts'
import type { Random } from '../../../src/kernel/random.ts'
import type { RandomBytes } from '../../../src/stream/random-bytes.ts'
import { SeekTableWriter } from '../../../src/stream/seek-table.ts'
import { openSeekable } from '../../../src/stream/seekable-reader.ts'
import { must, type FuzzTarget } from '../target.ts'

const LIMIT = 1 << 26
const PLAIN = ['', 'a', 'some text that repeats, some text that repeats', 'x'.repeat(5000)].map((text) => Buffer.from(text))
const FRAMES = PLAIN.map((plain) => zstdCompressSync(plain, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }))

function stream(choose: (frame: number) => readonly [Buffer, number, number], tableOf: (bytes: Buffer) => Buffer): Buffer {
  const table = new SeekTableWriter()
  const frames = FRAMES.map((_, index) => {
    const [bytes, stored, plain] = choose(index)
    table.add(stored, plain)
    return bytes
  })
  return Buffer.concat([...frames, tableOf(table.encode())])
}

const whole = (): Buffer => stream((index) => [FRAMES[index] ?? Buffer.alloc(0), FRAMES[index]?.length ?? 0, PLAIN[index]?.length ?? 0], (table) => table)

/** Sizes in the table are right in sum, or one is not. */
function generate(random: Random, mutate: (bytes: Buffer) => Buffer): Buffer {
  return stream(
    (index) => {
      const frame = FRAMES[index] ?? Buffer.alloc(0)
      const bytes = random.int(4) === 0 ? mutate(frame) : frame
      return [bytes, bytes.length, random.int(8) === 0 ? random.int(2 ** 31) : (PLAIN[index]?.length ?? 0)]
    },
    (table) => (random.int(3) === 0 ? mutate(table) : table),
  )
}

function lying(input: Buffer): RandomBytes {
  return {
    bytes: input.length,
    read(offset, length) {
      let piece: Buffer | null = input.subarray(Math.min(offset, input.length), Math.min(offset + length, input.length))
      return {
        read() {
          const given = piece
          piece = null
          return Promise.resolve(given === null || given.length === 0 ? null : given)
        },
        cancel: () => undefined,
      }
    },
  }
}

function throughout(input: Buffer): Buffer | undefined {
  try {
    return zstdDecompressSync(input)
  } catch {
    return undefined
  }
}

const seekable: FuzzTarget = {
  name: 'seekable-zstd',
  summary: 'zstd streams with a seek table, read in ranges (src/stream/seekable-reader.ts)',
  codes: ['filter-failed'],
  corpus: () => [whole(), FRAMES[2] ?? Buffer.alloc(0), new SeekTableWriter().encode()],
  words: ['\u0028\u00b5\u002f\u00fd', '\u005e\u002a\u004d\u0018', '\u00b1\u00ea\u0092\u008f', '\u0080'],
  generate,
  async run(input) {
    const opened = await openSeekable(lying(input))
    if (opened === undefined) return
    const all = await readAll(opened.read(0, opened.bytes), LIMIT)
    must(all.length === opened.bytes, 'all bytes come out')
    const whole = throughout(input)
    // Of a frame of which the table says that it holds nothing, nothing is read at the end.
    if (whole?.length === all.length) must(whole.equals(all), 'ranges are what zstd makes of the whole')
    for (const [offset, length] of [[1, 3], [all.length >> 1, 100], [all.length, 1]] as const) {
      must(Buffer.from(all).subarray(offset, offset + length).equals(await readAll(opened.read(offset, length), LIMIT)), 'a range is a part of the whole')
    }
  },
}

export const SEEKABLE_ZSTD_TARGETS: readonly FuzzTarget[] = [seekable]
