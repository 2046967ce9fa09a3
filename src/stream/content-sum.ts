// A checksum of what is in a file that costs nothing for its holes: SHA-256 over the blocks of 64 KiB that are not all zeros, each behind its number. A file has
// the same sum whether its zeros are written or holes. Format: docs/protocol/compare.md.

import { createHash } from 'node:crypto'
import { assert } from '../kernel/assert.ts'

const BLOCK_BYTES = 64 * 1024
const NUMBER_BYTES = 8
const ZEROS = Buffer.alloc(BLOCK_BYTES)

export class ContentSum {
  readonly #hash = createHash('sha256')
  readonly #block = Buffer.alloc(BLOCK_BYTES)
  readonly #number = Buffer.alloc(NUMBER_BYTES)
  /** Number of the block that is being filled, and whether anything is in it. */
  #at = 0
  #isFilled = false
  #end = 0

  /** The bytes at `position`; positions rise, what is left out is zeros. */
  update(piece: Uint8Array, position: number): void {
    assert(position >= this.#end, 'the pieces of a file come in order')
    this.#end = position + piece.length
    for (let taken = 0; taken < piece.length; ) {
      const number = Math.floor((position + taken) / BLOCK_BYTES)
      if (number !== this.#at) this.#finishBlock(number)
      const start = position + taken - number * BLOCK_BYTES
      const bytes = Math.min(piece.length - taken, BLOCK_BYTES - start)
      this.#block.set(piece.subarray(taken, taken + bytes), start)
      this.#isFilled = true
      taken += bytes
    }
  }

  #finishBlock(next: number): void {
    if (this.#isFilled && !this.#block.equals(ZEROS)) {
      this.#number.writeBigUInt64LE(BigInt(this.#at))
      this.#hash.update(this.#number).update(this.#block)
      this.#block.fill(0)
    }
    this.#isFilled = false
    this.#at = next
  }

  /** Hexadecimal; the size of the file is not part of it. */
  digest(): string {
    this.#finishBlock(this.#at)
    return this.#hash.digest('hex')
  }
}
