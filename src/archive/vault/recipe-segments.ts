// Cuts the bytes of a recipe into segments: before a member, where a hash of the one that ended says so, so that the same members give the same segments wherever they lie
// in the dump. A directory that is told in full becomes what it is beside the one before, and that of a segment's beginning stands in its entry: so what a directory holds gives the
// same segments wherever the directory lies. What a segment stands for is counted; its checksum is made only when somebody wants it, since that of a known segment is known.

import { crc32c } from '@node-rs/crc32'
import { Fault } from '../../kernel/fault.ts'
import { combineCrc32c, crc32cOfZeros } from '../../stream/vault/crc-combine.ts'
import { isRecipeBorder, recipeSegmentBytesMin } from '../../stream/vault/recipe-border.ts'
import { ID_BYTES, LITERAL_BYTES_MAX, NAME_BYTES_MAX, RECIPE_SEGMENT_BYTES_MAX, RECIPE_SEGMENT_BYTES_MIN } from '../../wire/vault/limits.ts'
import { HeaderMaker, HeaderPlaces } from '../../wire/vault/recipe-header.ts'
import { DIRECTORY_CODE, HEADER_CODE, LITERAL_CODE, MEMBER_CODE, SEGMENT_CODE, UP_ALL, ZEROS_CODE } from '../../wire/vault/recipe.ts'

export interface CutSegment {
  /** Lent until the next call of the cutter, as is the directory. */
  readonly bytes: Uint8Array
  readonly nativeBytes: number
  readonly members: number
  readonly directory: Uint8Array
}

/** The longest segment, and an operation that did not fit in it. */
const BUFFER_BYTES = RECIPE_SEGMENT_BYTES_MAX + LITERAL_BYTES_MAX + 16
const NUMBER_BYTES_MAX = 8
const HASHED_START_BYTES = 112
const HASHED_END_BYTES = 48
/** Of FNV-1a. */
const FACTOR = 0x0100_0193
/** Content of so many segments has segments of the recipe for itself: the name and times of a large file may change, and these stay. */
const LIST_SEGMENTS_MIN = 32
/** Of most: code, id, three digits of the length, checksum. */
const SEGMENT_OPERATION_BYTES = 40
const SLASH = 0x2f
/** The path of the top. */
const TOP_BYTES = 2

const damaged = (): Fault => new Fault('internal', 'the recipe that was made has an operation that is none')

/** Reads operations one by one; what the last one was stands in its fields. */
class Operations {
  code = 0
  /** Bytes of the dump, or of the path of a directory. Of a header: not known here. */
  count = 0
  /** Where the operation ends, and where its bytes begin. */
  end = 0
  dataAt = 0
  /** Of a header. */
  readonly places = new HeaderPlaces()
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
      case HEADER_CODE:
        if (!this.places.read(this.#bytes, at + 1, limit)) return false
        this.end = this.places.end
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
      case DIRECTORY_CODE:
        this.dataAt = at + 4
        this.count = (this.#bytes[at + 2] ?? 0) | ((this.#bytes[at + 3] ?? 0) << 8)
        this.end = this.dataAt + this.count
        return this.dataAt <= limit && this.end <= limit
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
  readonly #maker = new HeaderMaker(this.#operations.places)
  /** Of what was pushed and not cut: what was looked at ends at `#at`, and is moved down to `#out` from `#from` on, since paths become shorter. */
  #length = 0
  #at = 0
  #from = 0
  /** Bytes of the segment that is made, at the start of the buffer, but for those that are to be moved. */
  #out = 0
  /** In the segment: where the member begins that was seen last, and where its content does. -1: in none, or in one that began before. */
  #memberAt = -1
  #contentAt = -1
  /** Segments of its content. */
  #contentCount = 0
  /** … at whose beginning this had been counted. */
  #contentNativeBytes = 0
  #nativeBytes = 0
  #members = 0
  /** Bytes of the segments so far, and the least of the one that is made. */
  #before = 0
  #bytesMin = recipeSegmentBytesMin(0)
  readonly #directory = new Uint8Array(NAME_BYTES_MAX)
  #directoryBytes = 0

  constructor(take: (segment: CutSegment) => void) {
    this.#take = take
  }

  /** The next bytes, cut anywhere. */
  push(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      if (this.#length === BUFFER_BYTES) this.#makeRoom()
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

  /** What comes is in another segment than what came. */
  border(): void {
    if (this.#at !== this.#length) throw damaged()
    this.#cut()
  }

  finish(): void {
    this.border()
  }

  #look(): void {
    const operations = this.#operations
    while (operations.read(this.#at, this.#length)) {
      switch (operations.code) {
        case DIRECTORY_CODE:
          this.#endMember(this.#maker.directory.length === TOP_BYTES)
          this.#enter()
          continue
        case MEMBER_CODE:
          this.#endMember(false)
          this.#memberAt = this.#out
          this.#members++
          break
        case HEADER_CODE:
          operations.count = this.#maker.measure(this.#bytes)
      }
      const bytes = operations.end - this.#at
      if (this.#out + this.#at - this.#from + bytes > RECIPE_SEGMENT_BYTES_MAX) this.#cut()
      if (operations.code === SEGMENT_CODE) this.#beginContent()
      this.#nativeBytes += operations.count
      this.#at = operations.end
      if (operations.code === SEGMENT_CODE && this.#contentCount > LIST_SEGMENTS_MIN && this.#isListBorder()) this.#cut()
    }
  }

  /** Before an operation that gives content. */
  #beginContent(): void {
    if (this.#contentCount === 0) {
      this.#contentAt = this.#out + this.#at - this.#from
      this.#contentNativeBytes = this.#nativeBytes
    }
    if (++this.#contentCount === LIST_SEGMENTS_MIN && this.#contentAt > 0) this.#cutBefore(this.#contentAt, this.#contentNativeBytes)
  }

  /** Whether the list of a large file's segments is cut behind the one that was seen last. */
  #isListBorder(): boolean {
    const bytes = this.#out + this.#at - this.#from
    return bytes >= RECIPE_SEGMENT_BYTES_MIN && isRecipeBorder(this.#bytes.readUInt32LE(this.#operations.dataAt), SEGMENT_OPERATION_BYTES)
  }

  /** Cuts where it ends, if it is to be. */
  #endMember(isBorder: boolean): void {
    this.#settle()
    if (isBorder || this.#contentCount >= LIST_SEGMENTS_MIN || this.#isBorder()) this.#cut()
    this.#memberAt = -1
    this.#contentAt = -1
    this.#contentCount = 0
  }

  /** Whether the member that ends here ends a segment. */
  #isBorder(): boolean {
    return this.#out >= this.#bytesMin && this.#memberAt >= 0 && isRecipeBorder(this.#hash(this.#memberAt, this.#out), this.#out - this.#memberAt, this.#bytesMin)
  }

  /** Of a member by what tells it from others: the name at its start, the id of its content at its end. */
  #hash(start: number, end: number): number {
    const bytes = this.#bytes
    let hash = 0x811c_9dc5
    for (let at = start, last = Math.min(end, start + HASHED_START_BYTES); at < last; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), FACTOR)
    for (let at = Math.max(start, end - HASHED_END_BYTES); at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), FACTOR)
    return hash
  }

  /** The directory that is told at `#at`, between two members. */
  #enter(): void {
    const { dataAt, end } = this.#operations
    const path = this.#bytes.subarray(dataAt, end)
    if (this.#out + end - this.#at > RECIPE_SEGMENT_BYTES_MAX) this.#cut()
    const before = this.#maker.directory
    let common = 0
    for (let at = 0; at < path.length && path[at] === before[at]; at++) if (path[at] === SLASH) common = at + 1
    let up = 0
    for (let at = common; at < before.length; at++) if (before[at] === SLASH) up++
    this.#maker.move(UP_ALL, path)
    if (this.#out === 0) this.#begin()
    else if (up >= UP_ALL) this.#tell(UP_ALL, this.#maker.directory)
    else this.#tell(up, this.#maker.directory.subarray(common))
    this.#at = end
    this.#from = end
  }

  /** Never longer than the path in full, which lies where it may be written over. */
  #tell(up: number, rest: Uint8Array): void {
    const bytes = this.#bytes
    bytes[this.#out] = DIRECTORY_CODE
    bytes[this.#out + 1] = up
    const at = bytes.writeUInt16LE(rest.length, this.#out + 2)
    bytes.set(rest, at)
    this.#out = at + rest.length
  }

  /** A segment begins in the directory. */
  #begin(): void {
    this.#directory.set(this.#maker.directory)
    this.#directoryBytes = this.#maker.directory.length
  }

  /** Moves down what was looked at. */
  #settle(): void {
    if (this.#from !== this.#out) this.#bytes.copyWithin(this.#out, this.#from, this.#at)
    this.#out += this.#at - this.#from
    this.#from = this.#at
  }

  #makeRoom(): void {
    this.#settle()
    if (this.#out === this.#at) throw damaged()
    this.#bytes.copyWithin(this.#out, this.#at, this.#length)
    this.#length -= this.#at - this.#out
    this.#at = this.#out
    this.#from = this.#out
  }

  #cutBefore(end: number, nativeBytes: number): void {
    this.#settle()
    const left = this.#nativeBytes - nativeBytes
    const directory = this.#directory.subarray(0, this.#directoryBytes)
    this.#take({ bytes: this.#bytes.subarray(0, end), nativeBytes, members: this.#members, directory })
    this.#bytes.copyWithin(0, end, this.#out)
    this.#out -= end
    this.#nativeBytes = left
    this.#members = 0
    this.#memberAt = -1
    this.#contentAt = -1
    // Lists of large files are apart: they are long by themselves.
    if (this.#contentCount < LIST_SEGMENTS_MIN) this.#bytesMin = recipeSegmentBytesMin((this.#before += end))
    this.#begin()
  }

  #cut(): void {
    this.#settle()
    if (this.#out > 0) this.#cutBefore(this.#out, this.#nativeBytes)
  }
}

const GATHERED_BYTES = 64 * 1024

/** Makes the CRC-32C of what segments of a recipe stand for. */
export class NativeSum {
  /** Headers are put together here, since one sum over all of it is faster than many over its pieces. */
  readonly #gathered = Buffer.alloc(GATHERED_BYTES)
  #at = 0
  #crc = 0

  of(segment: Uint8Array, directory: Uint8Array): number {
    const operations = new Operations(segment)
    const maker = new HeaderMaker(operations.places)
    maker.enter(directory)
    this.#crc = 0
    for (let at = 0; at < segment.length; at = operations.end) {
      if (!operations.read(at, segment.length)) throw damaged()
      const { code, count, dataAt } = operations
      if (code === LITERAL_CODE) this.#literal(segment, dataAt, count)
      else if (code === ZEROS_CODE) this.#zeros(count)
      else if (code === HEADER_CODE) this.#header(maker, segment)
      else if (code === DIRECTORY_CODE) maker.move(segment[at + 1] ?? 0, segment.subarray(dataAt, operations.end))
      else if (code === SEGMENT_CODE) {
        this.#flush()
        const crc = ((segment[dataAt] ?? 0) | ((segment[dataAt + 1] ?? 0) << 8) | ((segment[dataAt + 2] ?? 0) << 16) | ((segment[dataAt + 3] ?? 0) << 24)) >>> 0
        this.#crc = combineCrc32c(this.#crc, crc, count)
      }
    }
    this.#flush()
    return this.#crc
  }

  #header(maker: HeaderMaker, segment: Uint8Array): void {
    const count = maker.measure(segment)
    if (count > GATHERED_BYTES - this.#at) this.#flush()
    maker.write(this.#gathered, this.#at, count)
    this.#at += count
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
