// Collects segments until they are a block, and seals it. Synchronous, for threads that make dumps; memory is used again from block to block.

import { assert } from '../../kernel/assert.ts'
import { BLOCK_PLAIN_BYTES, BLOCK_PLAIN_BYTES_MAX, BLOCK_SEGMENTS_MAX, ID_BYTES, SEGMENT_BYTES_MAX } from '../../wire/vault/limits.ts'
import type { BlockKind, PackGrant, SealedBlock } from '../../wire/vault/uplink.ts'
import type { BlockSealer } from './block-seal.ts'

/** Before anything longer came. */
const PLAIN_BYTES_FIRST = BLOCK_PLAIN_BYTES + BLOCK_PLAIN_BYTES / 4
const SEGMENTS_FIRST = 256

export class BlockBuilder {
  readonly #vaultId: Uint8Array
  readonly #kind: BlockKind
  readonly #sealer: BlockSealer
  #plain: Uint8Array = new Uint8Array(0)
  #ids = new Uint8Array(SEGMENTS_FIRST * ID_BYTES)
  #lengths = new Uint32Array(SEGMENTS_FIRST)
  #bytes = 0
  #count = 0

  /** Builders of one thread may share a sealer. */
  constructor(vaultId: Uint8Array, kind: BlockKind, sealer: BlockSealer) {
    this.#vaultId = vaultId
    this.#kind = kind
    this.#sealer = sealer
  }

  /** Plain bytes so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** Segments so far. */
  get count(): number {
    return this.#count
  }

  /** It has to be sealed before more is added. */
  get isFull(): boolean {
    return this.#bytes >= BLOCK_PLAIN_BYTES || this.#count >= BLOCK_SEGMENTS_MAX
  }

  /** Takes a copy of `segment`, whose id lies at `idAt` of `ids`. */
  add(ids: Uint8Array, idAt: number, segment: Uint8Array): void {
    assert(!this.isFull && segment.length > 0 && segment.length <= SEGMENT_BYTES_MAX, 'a block takes no such segment')
    this.#makeRoom(this.#bytes + segment.length)
    this.#plain.set(segment, this.#bytes)
    this.#ids.set(ids.subarray(idAt, idAt + ID_BYTES), this.#count * ID_BYTES)
    this.#lengths[this.#count] = segment.length
    this.#bytes += segment.length
    this.#count++
  }

  /** Seals what there is as block `number` of the pack and begins anew. `target` as with BlockSealer; what is in `ids` and `lengths` is the block's own. */
  seal(grant: PackGrant, number: number, target?: Uint8Array): SealedBlock {
    assert(this.#count > 0, 'there is nothing to seal')
    const facts = { vaultId: this.#vaultId, key: grant.key, packId: grant.packId, number, kind: this.#kind, ids: this.#ids.slice(0, this.#count * ID_BYTES), lengths: this.#lengths.slice(0, this.#count) }
    const block = this.#sealer.seal(facts, this.#plain.subarray(0, this.#bytes), target)
    this.#bytes = 0
    this.#count = 0
    return block
  }

  #makeRoom(bytes: number): void {
    if (bytes > this.#plain.length) {
      const grown = new Uint8Array(Math.min(BLOCK_PLAIN_BYTES_MAX, Math.max(PLAIN_BYTES_FIRST, 2 * this.#plain.length, bytes)))
      grown.set(this.#plain.subarray(0, this.#bytes))
      this.#plain = grown
    }
    if (this.#count === this.#lengths.length) {
      const ids = new Uint8Array(2 * this.#ids.length)
      ids.set(this.#ids)
      this.#ids = ids
      const lengths = new Uint32Array(2 * this.#lengths.length)
      lengths.set(this.#lengths)
      this.#lengths = lengths
    }
  }
}
