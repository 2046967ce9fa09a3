// Sorts where directories lie by their device and inode, with a bounded number of them in memory: sorted runs go to a scratch file and are merged at the end.
// A place is six words: device and inode (high word first, so that words compare as numbers do), block, byte in the block.

import type { SyncFile } from '../../kernel/sync-file.ts'

export const PLACE_WORDS = 6
const RUN_PLACES = 32_768
const RUN_BYTES = 4 * PLACE_WORDS * RUN_PLACES
/** What a merge reads at once from each run; less when there are many. */
const READ_PLACES_MAX = 2048
const READ_PLACES_MIN = 64
const MERGE_PLACES = 131_072
/** Numbers below this, times the places of a run, are exact. */
const RANGE_MAX = 2 ** 37
const TWO_32 = 2 ** 32

/** Order of two keys (device, inode), given as words. */
export function compareKeys(a: Uint32Array, at: number, b: Uint32Array, bt: number): number {
  for (let word = 0; word < 4; word++) {
    const order = (a[at + word] ?? 0) - (b[bt + word] ?? 0)
    if (order !== 0) return order
  }
  return 0
}

/** The order of the places in `words`: sorted by number when all are of one device and not too far apart, which is much faster. */
function sortedOrder(words: Uint32Array, count: number): Float64Array {
  const keys = new Float64Array(count)
  let least = Infinity
  let most = 0
  let isOneDevice = true
  for (let index = 0; index < count; index++) {
    const at = index * PLACE_WORDS
    isOneDevice &&= words[at] === words[0] && words[at + 1] === words[1] && (words[at + 2] ?? 0) < 0x20_0000
    const inode = (words[at + 2] ?? 0) * TWO_32 + (words[at + 3] ?? 0)
    keys[index] = inode
    least = Math.min(least, inode)
    most = Math.max(most, inode)
  }
  if (!isOneDevice || most - least >= RANGE_MAX) {
    for (let index = 0; index < count; index++) keys[index] = index
    return keys.sort((a, b) => compareKeys(words, a * PLACE_WORDS, words, b * PLACE_WORDS))
  }
  for (let index = 0; index < count; index++) keys[index] = ((keys[index] ?? 0) - least) * RUN_PLACES + index
  keys.sort()
  for (let index = 0; index < count; index++) keys[index] = (keys[index] ?? 0) % RUN_PLACES
  return keys
}

/** A run in the scratch file, read piece by piece. */
class RunHead {
  readonly words: Uint32Array
  at = 0
  #end = 0
  #position: number
  readonly #endPosition: number
  readonly #file: SyncFile

  constructor(file: SyncFile, run: number, places: number, readPlaces: number) {
    this.#file = file
    this.#position = run * RUN_BYTES
    this.#endPosition = this.#position + 4 * PLACE_WORDS * places
    this.words = new Uint32Array(PLACE_WORDS * readPlaces)
  }

  /** Goes on to the next place; false at the end. */
  next(): boolean {
    this.at += PLACE_WORDS
    if (this.at < this.#end) return true
    const bytes = Math.min(this.words.byteLength, this.#endPosition - this.#position)
    if (bytes <= 0) return false
    const read = this.#file.read(new Uint8Array(this.words.buffer, 0, bytes), this.#position)
    this.#position += bytes
    this.at = 0
    this.#end = Math.floor(read / 4 / PLACE_WORDS) * PLACE_WORDS
    return this.#end > 0
  }
}

export class InodeRuns {
  readonly #openScratch: () => SyncFile
  #scratch: SyncFile | undefined
  #words = new Uint32Array(PLACE_WORDS * 1024)
  #count = 0
  #runs = 0

  constructor(openScratch: () => SyncFile) {
    this.#openScratch = openScratch
  }

  /** Words of the device and the inode, low word first. */
  add(dev: number, devHigh: number, inode: number, inodeHigh: number, block: number, offset: number): void {
    if (this.#count === RUN_PLACES) this.#spill()
    const at = this.#count * PLACE_WORDS
    if (at === this.#words.length) {
      const grown = new Uint32Array(Math.min(2 * at, PLACE_WORDS * RUN_PLACES))
      grown.set(this.#words)
      this.#words = grown
    }
    const words = this.#words
    words[at] = devHigh
    words[at + 1] = dev
    words[at + 2] = inodeHigh
    words[at + 3] = inode
    words[at + 4] = block
    words[at + 5] = offset
    this.#count++
  }

  /** Hands every place over in order, as words of an array and where it begins there. Called once. */
  drain(take: (words: Uint32Array, at: number) => void): void {
    if (this.#runs === 0) {
      const words = this.#words
      for (const index of sortedOrder(words, this.#count)) take(words, index * PLACE_WORDS)
      return
    }
    const last = this.#count
    if (last > 0) this.#spill()
    this.#words = new Uint32Array(0)
    this.#merge(last === 0 ? RUN_PLACES : last, take)
  }

  close(): void {
    this.#scratch?.close()
    this.#scratch = undefined
  }

  #spill(): void {
    this.#scratch ??= this.#openScratch()
    const sorted = new Uint32Array(PLACE_WORDS * this.#count)
    let to = 0
    for (const index of sortedOrder(this.#words, this.#count)) {
      const from = index * PLACE_WORDS
      for (let word = 0; word < PLACE_WORDS; word++) sorted[to++] = this.#words[from + word] ?? 0
    }
    this.#scratch.write(new Uint8Array(sorted.buffer), this.#runs * RUN_BYTES)
    this.#runs++
    this.#count = 0
  }

  /** A heap of the runs' heads, the least on top. */
  #merge(lastPlaces: number, take: (words: Uint32Array, at: number) => void): void {
    const scratch = this.#scratch
    if (scratch === undefined) return
    const readPlaces = Math.max(READ_PLACES_MIN, Math.min(READ_PLACES_MAX, Math.floor(MERGE_PLACES / this.#runs)))
    const heap = Array.from({ length: this.#runs }, (_, run) => new RunHead(scratch, run, run === this.#runs - 1 ? lastPlaces : RUN_PLACES, readPlaces)).filter((head) => head.next())
    for (let index = (heap.length >> 1) - 1; index >= 0; index--) sink(heap, index)
    for (let top = heap[0]; top !== undefined; top = heap[0]) {
      take(top.words, top.at)
      if (!top.next()) {
        const last = heap.pop()
        if (last === undefined || heap.length === 0) return
        heap[0] = last
      }
      sink(heap, 0)
    }
  }
}

function sink(heap: RunHead[], from: number): void {
  const moved = heap[from]
  if (moved === undefined) return
  let index = from
  for (;;) {
    let child = 2 * index + 1
    let least = heap[child]
    if (least === undefined) break
    const right = heap[child + 1]
    if (right !== undefined && compareKeys(right.words, right.at, least.words, least.at) < 0) {
      child++
      least = right
    }
    if (compareKeys(moved.words, moved.at, least.words, least.at) <= 0) break
    heap[index] = least
    index = child
  }
  heap[index] = moved
}
