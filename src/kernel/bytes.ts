// Reading and writing fixed-size values in a byte string. Numbers are big endian, as all of our own formats are. A reader never
// reads past its end: it throws `wire-malformed` with the name of what was expected.

import { Fault } from './fault.ts'

const U64_HIGH = 0x1_0000_0000

export class ByteReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  u8(what: string): number {
    return this.#bytes.readUInt8(this.#take(1, what))
  }

  u16(what: string): number {
    return this.#bytes.readUInt16BE(this.#take(2, what))
  }

  u32(what: string): number {
    return this.#bytes.readUInt32BE(this.#take(4, what))
  }

  /** An unsigned 64-bit number that must fit into 2^53. */
  u64(what: string): number {
    const offset = this.#take(8, what)
    const high = this.#bytes.readUInt32BE(offset)
    if (high >= 0x20_0000) throw new Fault('wire-malformed', `${what} is larger than 2^53`)
    return high * U64_HIGH + this.#bytes.readUInt32BE(offset + 4)
  }

  /** `count` bytes, not copied. */
  take(count: number, what: string): Uint8Array {
    const offset = this.#take(count, what)
    return this.#bytes.subarray(offset, offset + count)
  }

  /** A UTF-8 string with a 16-bit length before it. */
  text16(what: string): string {
    return Buffer.from(this.take(this.u16(what), what)).toString('utf8')
  }

  /** A UTF-8 string with a 32-bit length before it. */
  text32(what: string): string {
    return Buffer.from(this.take(this.u32(what), what)).toString('utf8')
  }

  /** Throws when bytes are left over. */
  finish(what: string): void {
    if (this.remaining !== 0) throw new Fault('wire-malformed', `${what} has ${this.remaining} bytes too many`)
  }

  #take(count: number, what: string): number {
    const offset = this.#offset
    if (offset + count > this.#bytes.length) throw new Fault('wire-malformed', `${what} is cut short`)
    this.#offset = offset + count
    return offset
  }
}

export class ByteWriter {
  #bytes: Buffer
  #length = 0

  constructor(capacity = 64) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  u8(value: number): this {
    const offset = this.#grow(1)
    this.#bytes.writeUInt8(value, offset)
    return this
  }

  u16(value: number): this {
    const offset = this.#grow(2)
    this.#bytes.writeUInt16BE(value, offset)
    return this
  }

  u32(value: number): this {
    const offset = this.#grow(4)
    this.#bytes.writeUInt32BE(value, offset)
    return this
  }

  u64(value: number): this {
    const offset = this.#grow(8)
    this.#bytes.writeUInt32BE(Math.floor(value / U64_HIGH), offset)
    this.#bytes.writeUInt32BE(value % U64_HIGH, offset + 4)
    return this
  }

  put(bytes: Uint8Array): this {
    const offset = this.#grow(bytes.length)
    this.#bytes.set(bytes, offset)
    return this
  }

  text16(value: string): this {
    const bytes = Buffer.from(value, 'utf8')
    return this.u16(bytes.length).put(bytes)
  }

  text32(value: string): this {
    const bytes = Buffer.from(value, 'utf8')
    return this.u32(bytes.length).put(bytes)
  }

  /** What was written. The writer must not be used after it. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(count: number): number {
    const offset = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, offset)
      this.#bytes = grown
    }
    return offset
  }
}
