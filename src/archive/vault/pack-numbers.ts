// The packs that a dump fills and the numbers of their blocks, in memory that all its threads share. A number is a nonce: it is given out once, by one atomic
// addition that names pack and number together, so nobody can take one of a pack that was closed. What is given and not used is burnt.
//
//   WORD   pack << 32 | next number, of the pack that is being filled      READY   packs that were granted so far
//   BYTES  sealed bytes of each pack in the ring                           GRANT   which pack a place of the ring holds, -1 while it is written

import { KEY_BYTES, PACK_BYTES, PACK_ID_BYTES } from '../../wire/vault/limits.ts'
import type { PackGrant } from '../../wire/vault/uplink.ts'

/** Places for grants. */
const RING = 8
/** Packs that are granted ahead of the one that is filled. */
const AHEAD = 2
/** Two words. */
const READY = 2
const BYTES = 3
const GRANT = BYTES + RING
const WORDS = GRANT + RING
const GRANT_BYTES = PACK_ID_BYTES + KEY_BYTES
const NUMBER_BITS = 32n
/** Below the most that a pack takes: threads may take some more numbers before its last block is counted. */
const FULL_BYTES = PACK_BYTES - 8 * 1024 * 1024
const FULL_NUMBERS = 60_000

export const PACK_NUMBERS_BYTES = 4 * WORDS + RING * GRANT_BYTES

const packOf = (word: bigint): number => Number(word >> NUMBER_BITS)
const numberOf = (word: bigint): number => Number(word & 0xffff_ffffn)

export interface BlockPlace extends PackGrant {
  readonly pack: number
  readonly number: number
}

export type TakenNumber =
  | { readonly kind: 'number'; readonly place: BlockPlace }
  /** No more numbers will come of `pack`, which gave out `count`; this caller closed it and tells. */
  | { readonly kind: 'closed'; readonly pack: number; readonly count: number }
  /** The number was lost: its grant is no longer there. */
  | { readonly kind: 'burnt'; readonly pack: number }
  /** The next pack is not granted yet. */
  | { readonly kind: 'wait' }

export class PackNumbers {
  readonly #words: Int32Array
  /** The first two of the words. */
  readonly #next: BigInt64Array
  readonly #grants: Uint8Array
  /** The grant that was used last. */
  #known: { readonly pack: number; readonly grant: PackGrant } | undefined

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, WORDS)
    this.#next = new BigInt64Array(memory, 0, 1)
    this.#grants = new Uint8Array(memory, 4 * WORDS)
  }

  /** Asked again until it is a number. */
  take(): TakenNumber {
    const words = this.#words
    for (;;) {
      const seen = Atomics.load(this.#next, 0)
      const current = packOf(seen)
      if (current >= Atomics.load(words, READY)) return { kind: 'wait' }
      if (Atomics.load(words, BYTES + (current % RING)) >= FULL_BYTES || numberOf(seen) >= FULL_NUMBERS) {
        if (!this.#advance(seen)) continue
        return { kind: 'closed', pack: current, count: numberOf(seen) }
      }
      const taken = Atomics.add(this.#next, 0, 1n)
      const pack = packOf(taken)
      if (pack >= Atomics.load(words, READY)) return { kind: 'burnt', pack }
      const grant = this.#grantOf(pack)
      return grant === undefined ? { kind: 'burnt', pack } : { kind: 'number', place: { ...grant, pack, number: numberOf(taken) } }
    }
  }

  /** A block of `pack` has this size. */
  addBytes(pack: number, bytes: number): void {
    Atomics.add(this.#words, BYTES + (pack % RING), bytes)
  }

  /** The pack that is being filled gives out no more: which it was, and how many numbers it gave out. */
  closeCurrent(): { readonly pack: number; readonly count: number } {
    for (;;) {
      const seen = Atomics.load(this.#next, 0)
      if (this.#advance(seen)) return { pack: packOf(seen), count: numberOf(seen) }
    }
  }

  /** Whether there is a pack to fill. */
  get isGranted(): boolean {
    return Atomics.load(this.#words, READY) > packOf(Atomics.load(this.#next, 0))
  }

  /** Whether another grant is wanted now. */
  get isWanting(): boolean {
    return Atomics.load(this.#words, READY) < packOf(Atomics.load(this.#next, 0)) + 1 + AHEAD
  }

  /** Of the one thread that asks for packs. Returns the number of the pack. */
  addGrant({ packId, key }: PackGrant): number {
    const words = this.#words
    const pack = Atomics.load(words, READY)
    const place = pack % RING
    Atomics.store(words, GRANT + place, -1)
    this.#grants.set(packId, place * GRANT_BYTES)
    this.#grants.set(key, place * GRANT_BYTES + PACK_ID_BYTES)
    Atomics.store(words, BYTES + place, 0)
    Atomics.store(words, GRANT + place, pack)
    Atomics.store(words, READY, pack + 1)
    return pack
  }

  #advance(seen: bigint): boolean {
    return Atomics.compareExchange(this.#next, 0, seen, BigInt(packOf(seen) + 1) << NUMBER_BITS) === seen
  }

  #grantOf(pack: number): PackGrant | undefined {
    if (this.#known?.pack === pack) return this.#known.grant
    const place = pack % RING
    if (Atomics.load(this.#words, GRANT + place) !== pack) return undefined
    const bytes = this.#grants.slice(place * GRANT_BYTES, (place + 1) * GRANT_BYTES)
    // It was not written over while it was copied.
    if (Atomics.load(this.#words, GRANT + place) !== pack) return undefined
    const grant = { packId: bytes.slice(0, PACK_ID_BYTES), key: bytes.slice(PACK_ID_BYTES) }
    this.#known = { pack, grant }
    return grant
  }
}
