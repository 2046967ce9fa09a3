// Bytes of a link to frames, however the bytes are cut. The bytes are only lent, so a payload is copied into a buffer of its own, once; the
// receiver of the frame owns it. At most one unfinished frame is held.

import { Fault } from '../../kernel/fault.ts'
import { DATA_FIELDS_BYTES, FRAME_BODY_BYTES_MAX, FRAME_HEADER_BYTES, FRAME_TYPES, OPTIONAL_TYPE_MIN } from './frame.ts'
import type { Frame } from './frame.ts'
import { decodeBody } from './frame-decode.ts'

const U32 = 0x1_0000_0000
const NO_FRAMES: readonly Frame[] = []

const KNOWN_TYPES = new Set<number>(Object.values(FRAME_TYPES))

export class FrameDecoder {
  readonly #allocate: (bytes: number) => Buffer
  /** The header, and for DATA its fields. */
  readonly #head = Buffer.allocUnsafe(FRAME_HEADER_BYTES + DATA_FIELDS_BYTES)
  #headBytes = 0
  #type = -1
  /** What follows the head, and how much of it has come. */
  #rest: Buffer | undefined
  #restBytes = 0

  /** `allocate` makes the buffers of payloads. */
  constructor(allocate: (bytes: number) => Buffer = (bytes) => Buffer.allocUnsafe(bytes)) {
    this.#allocate = allocate
  }

  /**
   * The frames that `chunk` completes; `chunk` is read no more afterwards. Throws `wire-malformed`; after that the decoder must not be used.
   * Frames of an unknown type that may be skipped are skipped; other unknown ones are returned as `unknown`.
   */
  push(chunk: Uint8Array): readonly Frame[] {
    let frames: Frame[] | undefined
    let at = 0
    for (;;) {
      if (this.#rest === undefined) {
        at = this.#takeHead(chunk, at)
        if (this.#rest === undefined) return frames ?? NO_FRAMES
      }
      const count = Math.min(this.#rest.length - this.#restBytes, chunk.length - at)
      if (count > 0) {
        this.#rest.set(count === chunk.length ? chunk : chunk.subarray(at, at + count), this.#restBytes)
        this.#restBytes += count
        at += count
      }
      if (this.#restBytes < this.#rest.length) return frames ?? NO_FRAMES
      const frame = this.#finish(this.#rest)
      if (frame === undefined) continue
      if (frames === undefined) frames = [frame]
      else frames.push(frame)
    }
  }

  #takeHead(chunk: Uint8Array, from: number): number {
    let at = from
    for (;;) {
      const wanted = this.#headBytes < FRAME_HEADER_BYTES ? FRAME_HEADER_BYTES : FRAME_HEADER_BYTES + DATA_FIELDS_BYTES
      while (this.#headBytes < wanted && at < chunk.length) this.#head[this.#headBytes++] = chunk[at++] ?? 0
      if (this.#headBytes < wanted) return at
      const type = this.#head.readUInt8(0)
      const length = this.#head.readUIntBE(1, 3)
      if (length > FRAME_BODY_BYTES_MAX) throw new Fault('wire-malformed', `a frame of ${length} bytes is larger than the limit`)
      if (type !== FRAME_TYPES.data) {
        this.#begin(type, Buffer.allocUnsafe(length))
        return at
      }
      if (length <= DATA_FIELDS_BYTES) throw new Fault('wire-malformed', 'a DATA frame without data')
      if (wanted === FRAME_HEADER_BYTES) continue
      this.#begin(type, this.#allocate(length - DATA_FIELDS_BYTES))
      return at
    }
  }

  #begin(type: number, rest: Buffer): void {
    this.#type = type
    this.#rest = rest
    this.#restBytes = 0
  }

  #finish(rest: Buffer): Frame | undefined {
    const type = this.#type
    this.#rest = undefined
    this.#headBytes = 0
    if (type === FRAME_TYPES.data) return this.#data(rest)
    if (!KNOWN_TYPES.has(type)) return type >= OPTIONAL_TYPE_MIN ? undefined : { kind: 'unknown', type }
    return decodeBody(type, rest)
  }

  #data(payload: Buffer): Frame {
    const head = this.#head
    const seq = this.#u53(4)
    const flags = head.readUInt8(24)
    if (seq === 0) throw new Fault('wire-malformed', 'sequence numbers start at 1')
    return { kind: 'data', seq, stream: head.readUInt32BE(12), offset: this.#u53(16), isStarved: (flags & 1) === 1, payload }
  }

  #u53(at: number): number {
    const high = this.#head.readUInt32BE(at)
    if (high >= 0x20_0000) throw new Fault('wire-malformed', 'a number is larger than 2^53')
    return high * U32 + this.#head.readUInt32BE(at + 4)
  }
}
