// Writes the recipe of a dump (format: wire/vault/recipe.ts) and cuts it into segments. It is cut behind members only, where a hash of the member that ended says so: the same members
// give the same segments, wherever they lie in the dump. Members come in any number and size, so a segment that would grow too long ends before the next operation.

import { LITERAL_BYTES_MAX, RECIPE_SEGMENT_BYTES_MAX, RECIPE_SEGMENT_BYTES_MIN } from '../../wire/vault/limits.ts'
import { RecipeWriter } from '../../wire/vault/recipe-writer.ts'
import { crc32cOf } from '../crc32c.ts'
import { combineCrc32c, crc32cOfZeros } from './crc-combine.ts'
import { isRecipeBorder } from './recipe-border.ts'

export interface RecipeSegment {
  /** Lent until the call ends. */
  readonly bytes: Uint8Array
  /** Bytes of the dump that it describes, and their CRC-32C. */
  readonly nativeBytes: number
  readonly crc: number
  readonly members: number
}

/** Of an operation besides a literal's bytes. */
const HEAD_BYTES_MAX = 64
/** Shorter runs of zeros stay in the literal. */
const ZERO_RUN_BYTES_MIN = 24

export class RecipeCutter {
  readonly #take: (segment: RecipeSegment) => void
  readonly #writer = new RecipeWriter()
  /** Where the member that is being written began. */
  #memberAt = 0
  #isInMember = false
  #members = 0
  #nativeBytes = 0
  #crc = 0
  /** Of the member alone, since it began or the segment did. */
  #memberCrc = 0
  #memberNativeBytes = 0

  /** `take` is given each segment when it is cut. */
  constructor(take: (segment: RecipeSegment) => void) {
    this.#take = take
  }

  /** A member of the archive begins here. */
  member(): void {
    this.#endMember()
    this.#room(HEAD_BYTES_MAX)
    this.#writer.member()
    this.#members++
    this.#isInMember = true
  }

  /** These bytes of the dump, whatever they are: longer runs of zeros are written as such. */
  raw(bytes: Uint8Array): void {
    let start = 0
    let at = 0
    while (at < bytes.length) {
      if (bytes[at] !== 0) {
        at++
        continue
      }
      let end = at + 1
      while (end < bytes.length && bytes[end] === 0) end++
      if (end - at >= ZERO_RUN_BYTES_MIN) {
        this.literal(bytes.subarray(start, at))
        this.zeros(end - at)
        start = end
      }
      at = end
    }
    this.literal(bytes.subarray(start))
  }

  /** These bytes of the dump as they are. */
  literal(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += LITERAL_BYTES_MAX) {
      const part = bytes.subarray(start, start + LITERAL_BYTES_MAX)
      this.#room(part.length + HEAD_BYTES_MAX)
      this.#writer.literal(part)
      this.#append(crc32cOf(part), part.length)
    }
  }

  zeros(count: number): void {
    if (count === 0) return
    this.#room(HEAD_BYTES_MAX)
    this.#writer.zeros(count)
    this.#append(crc32cOfZeros(count), count)
  }

  /** The segment whose id lies at `idAt` of `ids`, of `length` bytes that have this CRC-32C. */
  segment(ids: Uint8Array, idAt: number, length: number, crc: number): void {
    this.#room(HEAD_BYTES_MAX)
    this.#writer.segment(ids, idAt, length, crc)
    this.#append(crc, length)
  }

  /** The last segment. */
  finish(): void {
    this.#endMember()
    if (this.#writer.length > 0) this.#cut()
  }

  #append(crc: number, bytes: number): void {
    this.#memberCrc = combineCrc32c(this.#memberCrc, crc, bytes)
    this.#memberNativeBytes += bytes
  }

  #settle(): void {
    this.#crc = combineCrc32c(this.#crc, this.#memberCrc, this.#memberNativeBytes)
    this.#nativeBytes += this.#memberNativeBytes
    this.#memberCrc = 0
    this.#memberNativeBytes = 0
  }

  #endMember(): void {
    const crc = this.#memberCrc
    this.#settle()
    const memberBytes = this.#writer.length - this.#memberAt
    this.#memberAt = this.#writer.length
    if (!this.#isInMember) return
    this.#isInMember = false
    if (this.#writer.length >= RECIPE_SEGMENT_BYTES_MIN && isRecipeBorder(crc, memberBytes)) this.#cut()
  }

  /** For one more operation: no segment is longer than permitted. */
  #room(bytes: number): void {
    if (this.#writer.length + bytes <= RECIPE_SEGMENT_BYTES_MAX) return
    this.#settle()
    this.#cut()
  }

  #cut(): void {
    this.#take({ bytes: this.#writer.bytes(), nativeBytes: this.#nativeBytes, crc: this.#crc, members: this.#members })
    this.#writer.clear()
    this.#memberAt = 0
    this.#members = 0
    this.#nativeBytes = 0
    this.#crc = 0
  }
}
