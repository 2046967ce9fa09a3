// Bytes of a link to frames, however the bytes are cut. The payload of DATA is not copied: it is handed on as views of the chunks it
// came in, unless a peer cuts it so small that the views would cost more than the bytes. At most one unfinished frame is held.

import { Fault } from '../../kernel/fault.ts'
import { DATA_FIELDS_BYTES, FRAME_BODY_BYTES_MAX, FRAME_HEADER_BYTES, FRAME_TYPES, OPTIONAL_TYPE_MIN } from './frame.ts'
import type { Frame } from './frame.ts'
import { decodeBody } from './frame-decode.ts'

/** A frame in more views than this is gathered into one buffer. */
const VIEWS_MAX = 24
const U32 = 0x1_0000_0000

const KNOWN_TYPES = new Set<number>(Object.values(FRAME_TYPES))

export class FrameDecoder {
  /** What the current part (head, or payload) still needs. The head is the header, and for DATA its fields. */
  readonly #head = Buffer.allocUnsafe(FRAME_HEADER_BYTES + DATA_FIELDS_BYTES)
  #headBytes = 0
  #type = -1
  /** Bytes of the body that follow the head. */
  #restBytes = 0
  #views: Uint8Array[] = []
  #viewsBytes = 0
  #gathered: Buffer | undefined

  /**
   * The frames that `chunk` completes. `chunk` is given away. Throws `wire-malformed`; after that the decoder must not be used.
   * Frames of an unknown type that may be skipped are skipped; other unknown ones are returned as `unknown`.
   */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let at = 0
    for (;;) {
      if (this.#type < 0) {
        at = this.#takeHead(chunk, at)
        if (this.#type < 0) return frames
      }
      const count = Math.min(this.#restBytes - this.#viewsBytes, chunk.length - at)
      if (count > 0) {
        this.#keep(at === 0 && count === chunk.length ? chunk : chunk.subarray(at, at + count))
        at += count
      }
      if (this.#viewsBytes < this.#restBytes) return frames
      const frame = this.#finish()
      if (frame !== undefined) frames.push(frame)
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
        this.#type = type
        this.#restBytes = length
        return at
      }
      if (length <= DATA_FIELDS_BYTES) throw new Fault('wire-malformed', 'a DATA frame without data')
      if (wanted === FRAME_HEADER_BYTES) continue
      this.#type = type
      this.#restBytes = length - DATA_FIELDS_BYTES
      return at
    }
  }

  #keep(view: Uint8Array): void {
    if (this.#gathered !== undefined) {
      this.#gathered.set(view, this.#viewsBytes)
    } else {
      this.#views.push(view)
      if (this.#views.length > VIEWS_MAX) {
        this.#gathered = Buffer.allocUnsafeSlow(this.#restBytes)
        let offset = 0
        for (const piece of this.#views) {
          this.#gathered.set(piece, offset)
          offset += piece.length
        }
        this.#views = []
      }
    }
    this.#viewsBytes += view.length
  }

  #finish(): Frame | undefined {
    const type = this.#type
    const pieces = this.#gathered === undefined ? this.#views : [this.#gathered]
    const bytes = this.#restBytes
    this.#type = -1
    this.#headBytes = 0
    this.#restBytes = 0
    this.#views = []
    this.#viewsBytes = 0
    this.#gathered = undefined
    if (type === FRAME_TYPES.data) return this.#data(pieces, bytes)
    if (!KNOWN_TYPES.has(type)) return type >= OPTIONAL_TYPE_MIN ? undefined : { kind: 'unknown', type }
    return decodeBody(type, pieces.length === 1 ? (pieces[0] ?? new Uint8Array(0)) : Buffer.concat(pieces, bytes))
  }

  #data(pieces: readonly Uint8Array[], bytes: number): Frame {
    const head = this.#head
    const seq = this.#u53(4)
    const flags = head.readUInt8(24)
    if (seq === 0) throw new Fault('wire-malformed', 'sequence numbers start at 1')
    return { kind: 'data', seq, stream: head.readUInt32BE(12), offset: this.#u53(16), isStarved: (flags & 1) === 1, pieces, bytes }
  }

  #u53(at: number): number {
    const high = this.#head.readUInt32BE(at)
    if (high >= 0x20_0000) throw new Fault('wire-malformed', 'a number is larger than 2^53')
    return high * U32 + this.#head.readUInt32BE(at + 4)
  }
}
