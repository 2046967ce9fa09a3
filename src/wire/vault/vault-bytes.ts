// Reading and writing the numbers of the vault's formats, which are little-endian. A reader never reads past its end: it throws the fault that its owner chose, with the
// name of what was expected. Bytes that it returns are not copied.

import { assert } from '../../kernel/assert.ts'
import { Fault } from '../../kernel/fault.ts'
import type { FaultCode } from '../../kernel/fault-codes.ts'

const U32 = 0x1_0000_0000
/** Beyond it, the high half of a 64-bit number makes it larger than 2^53 - 1. */
const HIGH_LIMIT = 0x20_0000

export class VaultReader {
  readonly #bytes: Buffer
  readonly #code: FaultCode
  #offset = 0

  constructor(bytes: Uint8Array, code: FaultCode = 'vault-damaged') {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#code = code
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  u8(what: string): number {
    return this.#bytes.readUInt8(this.#skip(1, what))
  }

  u16(what: string): number {
    return this.#bytes.readUInt16LE(this.#skip(2, what))
  }

  u32(what: string): number {
    return this.#bytes.readUInt32LE(this.#skip(4, what))
  }

  /** An unsigned 64-bit number that must fit into 2^53. */
  u64(what: string): number {
    const offset = this.#skip(8, what)
    const high = this.#bytes.readUInt32LE(offset + 4)
    if (high >= HIGH_LIMIT) throw this.fault(`${what} is larger than 2^53`)
    return high * U32 + this.#bytes.readUInt32LE(offset)
  }

  /** A view, and no Buffer, whose `slice` would be another view. */
  take(count: number, what: string): Uint8Array {
    const offset = this.#skip(count, what)
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + offset, count)
  }

  text16(what: string): string {
    return this.#text(this.u16(what), what)
  }

  text32(bytesMax: number, what: string): string {
    const count = this.u32(what)
    if (count > bytesMax) throw this.fault(`${what} has ${count} bytes`)
    return this.#text(count, what)
  }

  /** `count` 32-bit numbers. A view where the bytes lie so that one is possible. */
  u32List(count: number, what: string): Uint32Array {
    const bytes = this.take(count * 4, what)
    return bytes.byteOffset % 4 === 0 ? new Uint32Array(bytes.buffer, bytes.byteOffset, count) : new Uint32Array(Uint8Array.from(bytes).buffer)
  }

  /** Throws when bytes are left over. */
  finish(what: string): void {
    if (this.remaining !== 0) throw this.fault(`${what} has ${this.remaining} bytes too many`)
  }

  fault(message: string): Fault {
    return new Fault(this.#code, message)
  }

  #text(count: number, what: string): string {
    const bytes = this.take(count, what)
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      throw this.fault(`${what} is not UTF-8`)
    }
  }

  #skip(count: number, what: string): number {
    const offset = this.#offset
    if (count > this.#bytes.length - offset) throw this.fault(`${what} is cut short`)
    this.#offset = offset + count
    return offset
  }
}

export class VaultWriter {
  #bytes: Buffer
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
  }

  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    const offset = this.#grow(1)
    this.#bytes.writeUInt8(value, offset)
    return this
  }

  u16(value: number): this {
    const offset = this.#grow(2)
    this.#bytes.writeUInt16LE(value, offset)
    return this
  }

  u32(value: number): this {
    const offset = this.#grow(4)
    this.#bytes.writeUInt32LE(value, offset)
    return this
  }

  u64(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'a number of the vault is at most 2^53 - 1')
    const offset = this.#grow(8)
    this.#bytes.writeUInt32LE(value % U32, offset)
    this.#bytes.writeUInt32LE(Math.floor(value / U32), offset + 4)
    return this
  }

  put(bytes: Uint8Array): this {
    const offset = this.#grow(bytes.length)
    this.#bytes.set(bytes, offset)
    return this
  }

  u32List(values: Uint32Array): this {
    return this.put(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }

  text16(value: string): this {
    const bytes = Buffer.from(value, 'utf8')
    return this.u16(bytes.length).put(bytes)
  }

  text32(value: string): this {
    const bytes = Buffer.from(value, 'utf8')
    return this.u32(bytes.length).put(bytes)
  }

  /** What was written since the start or the last `clear`; lent until the next write. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  #grow(count: number): number {
    const offset = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#length, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, offset)
      this.#bytes = grown
    }
    return offset
  }
}
