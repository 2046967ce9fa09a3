// Cuts a stream that somebody else made: the content of each member of a tar archive becomes segments of its own, so that files are found again wherever they lie in the archive; what is
// between them goes into the recipe. A stream that is no tar archive, or is one no longer, is content from there on: no stream is refused. Synchronous; bounded memory.

import { faultOf } from '../../kernel/fault.ts'
import { TarMemberReader, type TarMember } from '../../wire/tar/member-reader.ts'
import { ID_BYTES } from '../../wire/vault/limits.ts'
import { crc32cOf } from '../crc32c.ts'
import type { RecipeCutter } from './recipe-cutter.ts'
import type { SegmentHash } from './segment-hash.ts'
import { LARGE_SEGMENT_SIZES, SEGMENT_SIZES, segmentSizesFor, type Segmenter, type SegmentSizes } from './segmenter.ts'

/** Told of each segment that is no run of zeros; the bytes are lent until it returns. */
export type SegmentSink = (ids: Buffer, idAt: number, segment: Uint8Array) => void

/** Room of a segmenter for one stream: two of the longest segments. */
export const CUTTER_SLOT_BYTES = 2 * LARGE_SEGMENT_SIZES.bytesMax
/** Headers of a member beyond this are written before the member is known whole. */
const HEADER_BYTES_MAX = 1024 * 1024
const BLOCK_BYTES = 512
const ZEROS = Buffer.alloc(64 * 1024)
/** Content that is one segment. */
const WHOLE: SegmentSizes = { bytesMin: SEGMENT_SIZES.bytesMax, bytesNormal: SEGMENT_SIZES.bytesMax, bytesMax: SEGMENT_SIZES.bytesMax }

function isAllZeros(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0) return false
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length)
    if (ZEROS.compare(part, 0, part.length, 0, part.length) !== 0) return false
  }
  return true
}

export class TarCutter {
  readonly #segmenter: Segmenter
  readonly #hash: SegmentHash
  readonly #recipe: RecipeCutter
  readonly #take: SegmentSink
  readonly #id = Buffer.alloc(ID_BYTES)
  /** Undefined: the rest is content. */
  #reader: TarMemberReader | undefined
  /** Members that the reader told of, and that were not reached. */
  readonly #told: TarMember[] = []
  /** Bytes of the stream that were cut or written. */
  #offset = 0
  /** What is between contents, not written. */
  #header: Buffer = Buffer.allocUnsafeSlow(64 * 1024)
  #headerBytes = 0
  /** The member of these headers is in the recipe already. */
  #isMemberWritten = false
  /** Of the member's content that is being cut: how many bytes are to come; and how it is cut. */
  #contentBytes = 0
  #sizes: SegmentSizes = SEGMENT_SIZES
  /** Content in the slot that was not cut. */
  #start = 0
  #end = 0

  constructor(segmenter: Segmenter, hash: SegmentHash, recipe: RecipeCutter, take: SegmentSink) {
    this.#segmenter = segmenter
    this.#hash = hash
    this.#recipe = recipe
    this.#take = take
    this.#reader = new TarMemberReader((member) => this.#told.push(member))
  }

  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) at += this.#pushPart(piece, at)
  }

  /** The stream is over, in whatever state it is. The recipe is finished as well. */
  finish(): void {
    if (this.#start < this.#end) this.#cut(true)
    this.#writeHeader()
    this.#recipe.finish()
  }

  /** Takes some bytes of `piece` from `at` on; returns how many. */
  #pushPart(piece: Uint8Array, at: number): number {
    if (this.#contentBytes > 0) {
      const count = Math.min(this.#contentBytes, piece.length - at)
      this.#watch(piece, at, count)
      this.#contentBytes -= count
      this.#offset += count
      this.#content(piece.subarray(at, at + count), this.#contentBytes === 0)
      return count
    }
    if (this.#reader === undefined) {
      this.#content(piece.subarray(at), false)
      return piece.length - at
    }
    // Up to the end of a block only: a member is told with its last header.
    const count = Math.min(BLOCK_BYTES - (this.#offset % BLOCK_BYTES), piece.length - at)
    this.#watch(piece, at, count)
    this.#addHeader(piece.subarray(at, at + count))
    this.#offset += count
    const member = this.#told.shift()
    if (member !== undefined) this.#begin(member)
    else if (this.#reader === undefined || this.#reader.isEnded) this.#endTar()
    return count
  }

  #watch(piece: Uint8Array, at: number, count: number): void {
    try {
      this.#reader?.push(piece.subarray(at, at + count))
    } catch (error) {
      if (faultOf(error).code !== 'wire-malformed') throw error
      this.#reader = undefined
    }
  }

  /** From here on everything is content: behind the end mark, and where the archive is none. */
  #endTar(): void {
    this.#writeHeader()
    this.#reader = undefined
    this.#sizes = SEGMENT_SIZES
  }

  #begin(member: TarMember): void {
    const before = this.#headerBytes - (this.#offset - member.offset)
    if (!this.#isMemberWritten) {
      const headers = this.#header.subarray(0, this.#headerBytes)
      this.#recipe.raw(headers.subarray(0, before))
      this.#recipe.member()
      this.#recipe.raw(headers.subarray(before))
      this.#headerBytes = 0
    } else this.#writeHeader()
    this.#isMemberWritten = false
    this.#contentBytes = member.dataBytes
    this.#sizes = segmentSizesFor(member.dataBytes) ?? WHOLE
  }

  #addHeader(bytes: Uint8Array): void {
    if (this.#headerBytes + bytes.length > HEADER_BYTES_MAX) {
      if (!this.#isMemberWritten) this.#recipe.member()
      this.#isMemberWritten = true
      this.#writeHeader()
    }
    if (this.#headerBytes + bytes.length > this.#header.length) {
      const grown = Buffer.allocUnsafeSlow(2 * this.#header.length)
      this.#header.copy(grown, 0, 0, this.#headerBytes)
      this.#header = grown
    }
    this.#header.set(bytes, this.#headerBytes)
    this.#headerBytes += bytes.length
  }

  #writeHeader(): void {
    this.#recipe.raw(this.#header.subarray(0, this.#headerBytes))
    this.#headerBytes = 0
  }

  #content(bytes: Uint8Array, isLast: boolean): void {
    const { slot } = this.#segmenter
    for (let at = 0; at < bytes.length; ) {
      if (this.#end === slot.length) this.#makeRoom()
      const count = Math.min(bytes.length - at, slot.length - this.#end)
      slot.set(bytes.subarray(at, at + count), this.#end)
      this.#end += count
      at += count
      this.#cut(isLast && at === bytes.length)
    }
  }

  #makeRoom(): void {
    this.#segmenter.slot.copyWithin(0, this.#start, this.#end)
    this.#end -= this.#start
    this.#start = 0
  }

  /** Cuts what can be cut. Looks at content once it is enough for a segment, so that it is looked at once only. */
  #cut(isLast: boolean): void {
    while (this.#start < this.#end && (isLast || this.#end - this.#start >= this.#sizes.bytesMax)) {
      const length = this.#segmenter.next(this.#sizes, this.#start, this.#end, isLast)
      const segment = this.#segmenter.slot.subarray(this.#start, this.#start + length)
      this.#start += length
      if (isAllZeros(segment)) {
        this.#recipe.zeros(length)
        continue
      }
      this.#hash.idInto(segment, this.#id, 0)
      this.#recipe.segment(this.#id, 0, length, crc32cOf(segment))
      this.#take(this.#id, 0, segment)
    }
    if (this.#start === this.#end) this.#start = this.#end = 0
  }
}
