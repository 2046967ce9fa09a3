// Reads the operations of one segment of a recipe (recipe.ts). Bytes of operations are views of what was given, but for header blocks, which are made here. Whatever the bytes are,
// it ends with `vault-damaged` or with the last operation, and the bytes that the operations make are fewer than 2^53.

import { Fault } from '../../kernel/fault.ts'
import { ID_BYTES, LITERAL_BYTES_MAX, NAME_BYTES_MAX, SEGMENT_BYTES_MAX } from './limits.ts'
import { HeaderMaker, HeaderPlaces } from './recipe-header.ts'
import { DIRECTORY_CODE, HEADER_CODE, LITERAL_CODE, MEMBER_CODE, SEGMENT_CODE, ZEROS_CODE, type RecipeOperation } from './recipe.ts'

const MEMBER: RecipeOperation = { kind: 'member' }
/** LEB128 of 2^53 - 1. */
const NUMBER_BYTES_MAX = 8
/** Header blocks are made in memory of about this size, one member behind the other. */
const MADE_BYTES = 64 * 1024
const NO_BYTES = new Uint8Array(0)

export class RecipeReader {
  readonly #bytes: Buffer
  #at = 0
  #nativeBytes = 0
  #members = 0
  readonly #places = new HeaderPlaces()
  readonly #maker: HeaderMaker | undefined
  #made = NO_BYTES

  /** `directory`: that of the segment's entry; undefined: nobody wants header blocks, which are then neither made nor counted. */
  constructor(bytes: Uint8Array, directory?: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (directory === undefined) return
    this.#maker = new HeaderMaker(this.#places)
    this.#maker.enter(directory)
  }

  /** Where the next operation begins. */
  get offset(): number {
    return this.#at
  }

  /** Bytes of the dump that the operations so far make. */
  get nativeBytes(): number {
    return this.#nativeBytes
  }

  get members(): number {
    return this.#members
  }

  /** Undefined at the end. */
  next(): RecipeOperation | undefined {
    if (this.#at === this.#bytes.length) return undefined
    const code = this.#bytes[this.#at++]
    switch (code) {
      case LITERAL_CODE:
        return this.#literal()
      case ZEROS_CODE: {
        const count = this.#number()
        this.#makes(count)
        return { kind: 'zeros', count }
      }
      case SEGMENT_CODE:
        return this.#segment()
      case MEMBER_CODE:
        this.#members++
        return MEMBER
      case DIRECTORY_CODE:
        return this.#directory()
      case HEADER_CODE:
        return this.#header()
      default:
        throw new Fault('vault-damaged', `a recipe has no operation ${code}`)
    }
  }

  #literal(): RecipeOperation {
    const count = this.#number()
    if (count > LITERAL_BYTES_MAX) throw new Fault('vault-damaged', `a recipe has a literal of ${count} bytes`)
    this.#makes(count)
    return { kind: 'literal', bytes: this.#take(count) }
  }

  #segment(): RecipeOperation {
    const id = this.#take(ID_BYTES)
    const length = this.#number()
    if (length > SEGMENT_BYTES_MAX) throw new Fault('vault-damaged', `a recipe names a segment of ${length} bytes`)
    this.#makes(length)
    return { kind: 'segment', id, length, crc: this.#bytes.readUInt32LE(this.#skip(4)) }
  }

  #directory(): RecipeOperation {
    const up = this.#bytes[this.#skip(1)] ?? 0
    const count = this.#bytes.readUInt16LE(this.#skip(2))
    if (count > NAME_BYTES_MAX) throw new Fault('vault-damaged', `a recipe has a directory of ${count} bytes`)
    const path = this.#take(count)
    this.#maker?.move(up, path)
    return { kind: 'directory', up, path }
  }

  #header(): RecipeOperation {
    const places = this.#places
    if (!places.read(this.#bytes, this.#at, this.#bytes.length)) throw new Fault('vault-damaged', 'a recipe ends in a header')
    const { nameAt, fieldsAt, linkAt, restAt, recordsAt, end } = places
    this.#at = end
    const view = (start: number, to: number): Uint8Array => new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, to - start)
    return { kind: 'header', name: view(nameAt, fieldsAt), fields: view(fieldsAt, linkAt), link: view(linkAt, restAt), rest: view(restAt, recordsAt), records: view(recordsAt, end), bytes: this.#blocks() }
  }

  #blocks(): Uint8Array {
    if (this.#maker === undefined) return NO_BYTES
    const count = this.#maker.measure(this.#bytes)
    this.#makes(count)
    if (count > this.#made.length) this.#made = new Uint8Array(Math.max(count, MADE_BYTES))
    const blocks = this.#made.subarray(0, count)
    this.#made = this.#made.subarray(count)
    this.#maker.write(blocks, 0, count)
    return blocks
  }

  #makes(count: number): void {
    this.#nativeBytes += count
    if (count === 0 || !Number.isSafeInteger(this.#nativeBytes)) throw new Fault('vault-damaged', `a recipe has an operation of ${count} bytes`)
  }

  #take(count: number): Uint8Array {
    const offset = this.#skip(count)
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + offset, count)
  }

  #skip(count: number): number {
    const offset = this.#at
    if (count > this.#bytes.length - offset) throw new Fault('vault-damaged', 'a recipe ends in an operation')
    this.#at = offset + count
    return offset
  }

  /** In its shortest form only, so that a recipe has one form. */
  #number(): number {
    let value = 0
    let scale = 1
    for (let count = 1; ; count++) {
      const byte = this.#bytes[this.#skip(1)] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if ((byte === 0 && count > 1) || !Number.isSafeInteger(value)) throw new Fault('vault-damaged', 'a recipe has a number that is not one')
        return value
      }
      if (count === NUMBER_BYTES_MAX) throw new Fault('vault-damaged', 'a recipe has a number that is too long')
      scale *= 0x80
    }
  }
}
