// The tail of a directory's record in a snapshot that a dump into a vault leaves (docs/formats/snapshot.md): where the operations of its members lie in the kept
// operations, how long they are for the directory itself and for each entry, and whether the next dump may use them. Also the form in which a thread hands
// operations on: as a record that none can be taken for.

/** Words of a tail before those of the entries: where the operations lie (low, high), bytes of the directory's own. */
export const TAIL_PLACE = 0
const TAIL_OWN = 2
export const TAIL_HEAD_WORDS = 3
/** In the length of an entry: what there is may not be used. */
const UNUSABLE = 0x8000_0000
export const LENGTH_MASK = 0x7fff_ffff
const TWO_32 = 2 ** 32

/** In the place of a record's length: what follows is how many bytes of operations there are, and those, up to a whole word. */
export const OPERATIONS_MARK = -1
export const OPERATIONS_AT = 8

/** A record with its tail; the place is filled in by who writes the file. */
export function recordWithTail(record: Uint8Array, count: number, ownBytes: number, lengths: Uint32Array): Uint8Array {
  const whole = new Int32Array(record.length / 4 + TAIL_HEAD_WORDS + count)
  new Uint8Array(whole.buffer).set(record)
  const tail = record.length / 4
  whole[0] = 4 * whole.length
  whole[tail + TAIL_OWN] = ownBytes
  for (let index = 0; index < count; index++) whole[tail + TAIL_HEAD_WORDS + index] = lengths[index] ?? 0
  return new Uint8Array(whole.buffer)
}

export function lengthWord(bytes: number, isUsable: boolean): number {
  return isUsable ? bytes : (bytes | UNUSABLE) >>> 0
}

/** Words of a tail, of a record with so many entries; undefined when it is none. */
export class KeptPlaces {
  readonly #tail: Int32Array
  readonly #count: number
  #next = 0
  #nextAt = 0

  private constructor(tail: Int32Array, count: number) {
    this.#tail = tail
    this.#count = count
    this.#nextAt = this.start + this.ownBytes
  }

  static of(tail: Int32Array, count: number): KeptPlaces | undefined {
    return tail.length === TAIL_HEAD_WORDS + count ? new KeptPlaces(tail, count) : undefined
  }

  /** Of the kept operations. */
  get start(): number {
    return ((this.#tail[TAIL_PLACE + 1] ?? 0) >>> 0) * TWO_32 + ((this.#tail[TAIL_PLACE] ?? 0) >>> 0)
  }

  get ownBytes(): number {
    return (this.#tail[TAIL_OWN] ?? 0) >>> 0
  }

  bytesAt(index: number): number {
    return (this.#tail[TAIL_HEAD_WORDS + index] ?? 0) & LENGTH_MASK
  }

  isUsableAt(index: number): boolean {
    const word = this.#tail[TAIL_HEAD_WORDS + index] ?? 0
    return word > 0
  }

  /** Where the operations of an entry begin. Fast in order. */
  placeAt(index: number): number {
    if (index < this.#next) {
      this.#next = 0
      this.#nextAt = this.start + this.ownBytes
    }
    for (; this.#next < index; this.#next++) this.#nextAt += this.bytesAt(this.#next)
    return this.#nextAt
  }

  get bytes(): number {
    return this.placeAt(this.#count) - this.start
  }
}
