// Reads the recipe segments of a dump on its way in: what they name must be in the vault, in the dump's domain, or stored by this dump, with the length they say; and
// their bytes and CRC must be what the maker says of them. References that are not there yet wait for later blocks, a bounded number of them.

import { crc32c } from '@node-rs/crc32'
import { Fault } from '../../../kernel/fault.ts'
import { combineCrc32c, crc32cOfZeros } from '../../../stream/vault/crc-combine.ts'
import { ID_BYTES } from '../../../wire/vault/limits.ts'
import { RecipeReader } from '../../../wire/vault/recipe-reader.ts'
import type { RecipeEntry } from '../../../wire/vault/uplink.ts'

/** A reference that waits: id and length. */
const WAITING_BYTES = ID_BYTES + 4
/** Looked up again when so many have gathered. */
const WAITING_CHECK = 16 * 1024
/** More than any order of blocks needs: data of this many segments is on its way at once. */
const WAITING_MAX = 512 * 1024
/** Of one lookup. */
const LOOKUP_IDS = 8192

/** Bytes of each segment that is there, 0 for the others (no segment is empty). */
export type LengthsOf = (ids: Uint8Array) => Promise<Uint32Array>

export type RecipeFacts = Omit<RecipeEntry, 'id' | 'directory'>

export class RecipeJudge {
  readonly #lengthsOf: LengthsOf
  #waiting = Buffer.alloc(WAITING_CHECK * WAITING_BYTES)
  #count = 0
  /** Nothing is looked up again before it is more than this. */
  #checkAt = WAITING_CHECK

  constructor(lengthsOf: LengthsOf) {
    this.#lengthsOf = lengthsOf
  }

  /** What a segment of a recipe describes in this directory; its references are kept for `settle`. Throws `vault-refused` when it is none. */
  read(plain: Uint8Array, directory: Uint8Array): RecipeFacts {
    const reader = new RecipeReader(plain, directory)
    let crc = 0
    try {
      for (let operation = reader.next(); operation !== undefined; operation = reader.next()) {
        switch (operation.kind) {
          case 'member':
          case 'directory':
            break
          case 'literal':
          case 'header':
            crc = combineCrc32c(crc, crc32c(operation.bytes), operation.bytes.length)
            break
          case 'zeros':
            crc = combineCrc32c(crc, crc32cOfZeros(operation.count), operation.count)
            break
          case 'segment':
            crc = combineCrc32c(crc, operation.crc, operation.length)
            this.#wait(operation.id, operation.length)
        }
      }
    } catch (error) {
      if (error instanceof Fault && error.code === 'vault-damaged') throw new Fault('vault-refused', error.message, { cause: error })
      throw error
    }
    return { recipeBytes: plain.length, nativeBytes: reader.nativeBytes, crc }
  }

  get isDue(): boolean {
    return this.#count >= this.#checkAt
  }

  /** Looks for what is waited for. `isLast`: what is not there now never comes. Rejects with `vault-refused`. */
  async settle(isLast: boolean): Promise<void> {
    const waiting = this.#waiting.subarray(0, this.#count * WAITING_BYTES)
    this.#waiting = Buffer.alloc(WAITING_CHECK * WAITING_BYTES)
    this.#count = 0
    const ids = Buffer.alloc(LOOKUP_IDS * ID_BYTES)
    for (let at = 0; at < waiting.length; ) {
      let count = 0
      const from = at
      for (; count < LOOKUP_IDS && at < waiting.length; count++, at += WAITING_BYTES) waiting.copy(ids, count * ID_BYTES, at, at + ID_BYTES)
      const lengths = await this.#lengthsOf(ids.subarray(0, count * ID_BYTES))
      for (let index = 0; index < count; index++) this.#judge(waiting.subarray(from + index * WAITING_BYTES, from + (index + 1) * WAITING_BYTES), lengths[index] ?? 0, isLast)
    }
    this.#checkAt = this.#count * 2 + WAITING_CHECK
    if (this.#count > WAITING_MAX) throw new Fault('vault-refused', `the recipe names ${this.#count} segments that nobody sent`)
  }

  #judge(waiting: Buffer, length: number, isLast: boolean): void {
    const id = waiting.subarray(0, ID_BYTES)
    const wanted = waiting.readUInt32LE(ID_BYTES)
    if (length === wanted) return
    if (length !== 0) throw new Fault('vault-refused', `the recipe says that segment ${id.toString('hex')} has ${wanted} bytes; it has ${length}`)
    if (isLast) throw new Fault('vault-refused', `the recipe names segment ${id.toString('hex')}, which this dump may not use: it is not in the vault`)
    this.#wait(id, wanted)
  }

  #wait(id: Uint8Array, length: number): void {
    if (this.#count > 2 * WAITING_MAX) throw new Fault('vault-refused', 'the recipe names more segments than can be waited for')
    const at = this.#count * WAITING_BYTES
    if (at + WAITING_BYTES > this.#waiting.length) {
      const grown = Buffer.alloc(this.#waiting.length * 2)
      this.#waiting.copy(grown)
      this.#waiting = grown
    }
    this.#waiting.set(id, at)
    this.#waiting.writeUInt32LE(length, at + ID_BYTES)
    this.#count += 1
  }
}
