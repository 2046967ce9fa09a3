// Places of the members that are wanted of one dump: sixteen bytes each, so that a million of them are no matter. Given back in the order of the dump.

import type { MemberPlace } from '../members.ts'

export class PlaceList {
  #pairs = new Float64Array(2 * 64)
  #count = 0
  #isSorted = true

  /** A place may be added more than once; it counts once. */
  add(offset: number, spanBytes: number): void {
    const last = this.#count === 0 ? Number.NEGATIVE_INFINITY : (this.#pairs[2 * this.#count - 2] ?? 0)
    if (offset === last) return
    if (offset < last) this.#isSorted = false
    if (2 * this.#count === this.#pairs.length) {
      const larger = new Float64Array(2 * this.#pairs.length)
      larger.set(this.#pairs)
      this.#pairs = larger
    }
    this.#pairs[2 * this.#count] = offset
    this.#pairs[2 * this.#count + 1] = spanBytes
    this.#count++
  }

  get count(): number {
    this.#sort()
    return this.#count
  }

  /** Bytes of all of them. */
  get spanBytes(): number {
    this.#sort()
    let sum = 0
    for (let index = 0; index < this.#count; index++) sum += this.#pairs[2 * index + 1] ?? 0
    return sum
  }

  has(offset: number): boolean {
    this.#sort()
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#pairs[2 * middle] ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low < this.#count && this.#pairs[2 * low] === offset
  }

  async *inOrder(): AsyncGenerator<MemberPlace> {
    this.#sort()
    for (let index = 0; index < this.#count; index++) yield { offset: this.#pairs[2 * index] ?? 0, spanBytes: this.#pairs[2 * index + 1] ?? 0 }
  }

  #sort(): void {
    if (this.#isSorted) return
    const pairs = this.#pairs
    const order = Uint32Array.from({ length: this.#count }, (_, index) => index).sort((a, b) => (pairs[2 * a] ?? 0) - (pairs[2 * b] ?? 0))
    const sorted = new Float64Array(pairs.length)
    let count = 0
    for (const from of order) {
      const offset = pairs[2 * from] ?? 0
      if (count > 0 && sorted[2 * count - 2] === offset) continue
      sorted[2 * count] = offset
      sorted[2 * count + 1] = pairs[2 * from + 1] ?? 0
      count++
    }
    this.#pairs = sorted
    this.#count = count
    this.#isSorted = true
  }
}
