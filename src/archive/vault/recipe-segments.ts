// Cuts the bytes of a recipe into segments: before a member, where a hash of the one that ended says so, so that the same members give the same segments wherever they lie
// in the dump. What a segment stands for is counted; its checksum is made only when somebody wants it, since that of a known segment is known.

import { crc32c } from '@node-rs/crc32'
import { Fault } from '../../kernel/fault.ts'
import { combineCrc32c, crc32cOfZeros } from '../../stream/vault/crc-combine.ts'
import { isRecipeBorder } from '../../stream/vault/recipe-border.ts'
import { ID_BYTES, LITERAL_BYTES_MAX, RECIPE_SEGMENT_BYTES_MAX, RECIPE_SEGMENT_BYTES_MIN } from '../../wire/vault/limits.ts'
import { LITERAL_CODE, MEMBER_CODE, SEGMENT_CODE, ZEROS_CODE } from '../../wire/vault/recipe.ts'

export interface CutSegment {
  /** Lent until the next call of the cutter. */
  readonly bytes: Uint8Array
  readonly nativeBytes: number
  readonly members: number
}

/** The longest segment, and an operation that did not fit in it. */
const BUFFER_BYTES = RECIPE_SEGMENT_BYTES_MAX + LITERAL_BYTES_MAX + 16
const NUMBER_BYTES_MAX = 8
const HASHED_START_BYTES = 112
const HASHED_END_BYTES = 48
/** Of FNV-1a. */
const FACTOR = 0x0100_0193

const damaged = (): Fault => new Fault('internal', 'the recipe that was made has an operation that is none')

/** Reads operations one by one; what the last one was stands in its fields. */
class Operations {
  code = 0
  /** Bytes of the dump. */
  count = 0
  /** Where the operation ends, and where its bytes begin. */
  end = 0
  dataAt = 0
  #bytes: Uint8Array
  #limit = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The one at `at`; false when it is not all there up to `limit`. */
  read(at: number, limit: number): boolean {
    if (at >= limit) return false
    this.#limit = limit
    this.code = this.#bytes[at] ?? 0
    switch (this.code) {
      case MEMBER_CODE:
        this.count = 0
        this.end = at + 1
        return true
      case LITERAL_CODE:
        if (!this.#number(at + 1)) return false
        this.end = this.dataAt + this.count
        return this.end <= limit
      case ZEROS_CODE:
        this.end = 0
        if (!this.#number(at + 1)) return false
        this.end = this.dataAt
        return true
      case SEGMENT_CODE:
        if (!this.#number(at + 1 + ID_BYTES)) return false
        this.end = this.dataAt + 4
        return this.end <= limit
      default:
        throw damaged()
    }
  }

  #number(start: number): boolean {
    let value = 0
    let scale = 1
    for (let at = start; at < this.#limit; at++) {
      const byte = this.#bytes[at] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        this.count = value
        this.dataAt = at + 1
        return true
      }
      if (at - start >= NUMBER_BYTES_MAX) throw damaged()
      scale *= 0x80
    }
    return false
  }
}

export class RecipeSegments {
  readonly #take: (segment: CutSegment) => void
  readonly #bytes = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  readonly #operations = new Operations(this.#bytes)
  #length = 0
  /** What was looked at, and where the member begins that was seen last. */
  #at = 0
  #memberAt = -1
  #nativeBytes = 0
  #members = 0

  constructor(take: (segment: CutSegment) => void) {
    this.#take = take
  }

  /** The next bytes, cut anywhere. */
  push(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const count = Math.min(bytes.length - from, BUFFER_BYTES - this.#length)
      this.#bytes.set(bytes.subarray(from, from + count), this.#length)
      this.#length += count
      from += count
      this.#look()
    }
  }

  /** Bytes of the dump that were seen behind the last segment. */
  get nativeBytes(): number {
    return this.#nativeBytes
  }

  finish(): void {
    if (this.#at !== this.#length) throw damaged()
    if (this.#length > 0) this.#cut(this.#length)
  }

  #look(): void {
    const operations = this.#operations
    while (operations.read(this.#at, this.#length)) {
      if (operations.end > RECIPE_SEGMENT_BYTES_MAX || (operations.code === MEMBER_CODE && this.#isBorder())) {
        this.#cut(this.#at)
        continue
      }
      if (operations.code === MEMBER_CODE) {
        this.#memberAt = this.#at
        this.#members++
      }
      this.#nativeBytes += operations.count
      this.#at = operations.end
    }
    // What does not fit behind the rest goes to the next one.
    if (this.#length === BUFFER_BYTES) this.#cut(this.#at)
  }

  /** Whether the member that ends here ends a segment. */
  #isBorder(): boolean {
    return this.#at >= RECIPE_SEGMENT_BYTES_MIN && this.#memberAt >= 0 && isRecipeBorder(this.#hash(this.#memberAt, this.#at), this.#at - this.#memberAt)
  }

  /** Of a member by what tells it from others: the name at its start, the id of its content at its end. */
  #hash(start: number, end: number): number {
    const bytes = this.#bytes
    let hash = 0x811c_9dc5
    for (let at = start, last = Math.min(end, start + HASHED_START_BYTES); at < last; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), FACTOR)
    for (let at = Math.max(start, end - HASHED_END_BYTES); at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), FACTOR)
    return hash
  }

  #cut(end: number): void {
    if (end === 0) throw damaged()
    this.#take({ bytes: this.#bytes.subarray(0, end), nativeBytes: this.#nativeBytes, members: this.#members })
    this.#bytes.copyWithin(0, end, this.#length)
    this.#length -= end
    this.#at = 0
    this.#memberAt = -1
    this.#nativeBytes = 0
    this.#members = 0
  }
}

const GATHERED_BYTES = 64 * 1024

/** Makes the CRC-32C of what segments of a recipe stand for. */
export class NativeSum {
  /** Headers are put together here, since one sum over all of it is faster than many over its pieces. */
  readonly #gathered = Buffer.alloc(GATHERED_BYTES)
  #at = 0
  #crc = 0

  of(segment: Uint8Array): number {
    const operations = new Operations(segment)
    this.#crc = 0
    for (let at = 0; at < segment.length; at = operations.end) {
      if (!operations.read(at, segment.length)) throw damaged()
      const { code, count, dataAt } = operations
      if (code === LITERAL_CODE) this.#literal(segment, dataAt, count)
      else if (code === ZEROS_CODE) this.#zeros(count)
      else if (code === SEGMENT_CODE) {
        this.#flush()
        const crc = ((segment[dataAt] ?? 0) | ((segment[dataAt + 1] ?? 0) << 8) | ((segment[dataAt + 2] ?? 0) << 16) | ((segment[dataAt + 3] ?? 0) << 24)) >>> 0
        this.#crc = combineCrc32c(this.#crc, crc, count)
      }
    }
    this.#flush()
    return this.#crc
  }

  #literal(source: Uint8Array, start: number, count: number): void {
    if (count > GATHERED_BYTES - this.#at) this.#flush()
    const target = this.#gathered
    let at = this.#at
    if (count > 512) target.set(source.subarray(start, start + count), at)
    else for (let from = start; from < start + count; from++) target[at++] = source[from] ?? 0
    this.#at += count
  }

  #zeros(count: number): void {
    if (count > 4096) {
      this.#flush()
      this.#crc = combineCrc32c(this.#crc, crc32cOfZeros(count), count)
      return
    }
    if (count > GATHERED_BYTES - this.#at) this.#flush()
    this.#gathered.fill(0, this.#at, this.#at + count)
    this.#at += count
  }

  #flush(): void {
    if (this.#at > 0) this.#crc = crc32c(this.#gathered.subarray(0, this.#at), this.#crc)
    this.#at = 0
  }
}
