// The seek table of a zstd stream in independent frames: where each frame lies and what it stands for. It is a skippable frame behind the others, which
// every zstd passes over. Format: docs/formats/seekable-zstd.md. Numbers are little endian, as in all of zstd.

import { Fault } from '../kernel/fault.ts'

const SKIPPABLE_MAGIC = 0x184d_2a5e
const SEEKABLE_MAGIC = 0x8f92_eab1
const FRAME_HEADER_BYTES = 8
export const SEEK_FOOTER_BYTES = 9
const CHECKSUM_FLAG = 0x80
/** Bits that a reader of this form does not know. */
const RESERVED_BITS = 0x7c
/** Ten million frames: a table of more is not held in memory, and the dump is read through. */
const TABLE_BYTES_MAX = 128 * 1024 * 1024
/** The largest frame that is uncompressed as a whole in memory. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024

export interface SeekFrame {
  readonly storedOffset: number
  readonly storedBytes: number
  /** Place and size of what comes out. */
  readonly offset: number
  readonly bytes: number
}

/** Gathers the frames of a stream while it is written. */
export class SeekTableWriter {
  #sizes = new Uint32Array(1024)
  #count = 0

  get frameCount(): number {
    return this.#count
  }

  add(storedBytes: number, bytes: number): void {
    if (2 * this.#count === this.#sizes.length) {
      const grown = new Uint32Array(2 * this.#sizes.length)
      grown.set(this.#sizes)
      this.#sizes = grown
    }
    this.#sizes[2 * this.#count] = storedBytes
    this.#sizes[2 * this.#count + 1] = bytes
    this.#count++
  }

  /** The skippable frame. */
  encode(): Buffer {
    const contentBytes = 8 * this.#count + SEEK_FOOTER_BYTES
    const table = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + contentBytes)
    table.writeUInt32LE(SKIPPABLE_MAGIC, 0)
    table.writeUInt32LE(contentBytes, 4)
    let at = FRAME_HEADER_BYTES
    for (let index = 0; index < 2 * this.#count; index++) at = table.writeUInt32LE(this.#sizes[index] ?? 0, at)
    at = table.writeUInt32LE(this.#count, at)
    // Frames carry a checksum of their own; the table repeats none.
    at = table.writeUInt8(0, at)
    table.writeUInt32LE(SEEKABLE_MAGIC, at)
    return table
  }
}

export interface SeekFooter {
  readonly frameCount: number
  /** 8, or 12 with checksums. */
  readonly entryBytes: number
  /** Of the whole skippable frame. */
  readonly tableBytes: number
}

function damaged(what: string): Fault {
  return new Fault('filter-failed', `the seek table ${what}`)
}

/** The footer in the last bytes of a stream of `storedBytes` bytes; undefined when there is no table, or one that is too large to use. Throws `filter-failed`. */
export function decodeSeekFooter(bytes: Uint8Array, storedBytes: number): SeekFooter | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length !== SEEK_FOOTER_BYTES || view.getUint32(5, true) !== SEEKABLE_MAGIC) return undefined
  const descriptor = view.getUint8(4)
  if ((descriptor & RESERVED_BITS) !== 0) throw damaged(`has an unknown form (${descriptor})`)
  const frameCount = view.getUint32(0, true)
  const entryBytes = (descriptor & CHECKSUM_FLAG) === 0 ? 8 : 12
  const tableBytes = FRAME_HEADER_BYTES + frameCount * entryBytes + SEEK_FOOTER_BYTES
  if (tableBytes > storedBytes) throw damaged(`names ${frameCount} frames, more than there is room for`)
  return tableBytes > TABLE_BYTES_MAX ? undefined : { frameCount, entryBytes, tableBytes }
}

export class SeekTable {
  /** Where each frame begins, and at last where the frames end. */
  readonly #storedOffsets: Float64Array
  readonly #offsets: Float64Array
  readonly frameCount: number

  private constructor(storedOffsets: Float64Array, offsets: Float64Array) {
    this.#storedOffsets = storedOffsets
    this.#offsets = offsets
    this.frameCount = offsets.length - 1
  }

  /** `bytes`: the whole skippable frame. Undefined when a frame is too large to be uncompressed as a whole. Throws `filter-failed`. */
  static decode(bytes: Uint8Array, { frameCount, entryBytes, tableBytes }: SeekFooter, storedBytes: number): SeekTable | undefined {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (bytes.length !== tableBytes || view.getUint32(0, true) !== SKIPPABLE_MAGIC || view.getUint32(4, true) !== tableBytes - FRAME_HEADER_BYTES) throw damaged('does not begin where its footer says')
    const storedOffsets = new Float64Array(frameCount + 1)
    const offsets = new Float64Array(frameCount + 1)
    let isTooLarge = false
    for (let frame = 0; frame < frameCount; frame++) {
      const at = FRAME_HEADER_BYTES + frame * entryBytes
      const stored = view.getUint32(at, true)
      const plain = view.getUint32(at + 4, true)
      if (stored > FRAME_BYTES_MAX || plain > FRAME_BYTES_MAX) isTooLarge = true
      storedOffsets[frame + 1] = (storedOffsets[frame] ?? 0) + stored
      offsets[frame + 1] = (offsets[frame] ?? 0) + plain
    }
    if (storedOffsets[frameCount] !== storedBytes - tableBytes) throw damaged(`accounts for ${storedOffsets[frameCount]} of ${storedBytes - tableBytes} bytes`)
    return isTooLarge ? undefined : new SeekTable(storedOffsets, offsets)
  }

  /** Of what comes out of all frames. */
  get bytes(): number {
    return this.#offsets[this.frameCount] ?? 0
  }

  frame(index: number): SeekFrame | undefined {
    if (index < 0 || index >= this.frameCount) return undefined
    const storedOffset = this.#storedOffsets[index] ?? 0
    const offset = this.#offsets[index] ?? 0
    return { storedOffset, storedBytes: (this.#storedOffsets[index + 1] ?? 0) - storedOffset, offset, bytes: (this.#offsets[index + 1] ?? 0) - offset }
  }

  /** The frame that holds the byte at `offset`; `frameCount` behind the last. */
  indexAt(offset: number): number {
    let low = 0
    let high = this.frameCount
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#offsets[middle + 1] ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
