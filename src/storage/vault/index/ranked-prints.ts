// Fingerprints of sorted ids, resident: 16 bits an id and a directory of buckets, 2.3 bytes an id together. They answer two questions without the disk: that an id
// is not there (wrong about once in 4000), and which row of the index it would be. Ids are keyed hashes, so they spread evenly; ids that do not cost time, nothing else.

import { assert } from '../../../kernel/assert.ts'
import { Fault } from '../../../kernel/fault.ts'

/** Rows that share a bucket, on average. */
const BUCKET_ROWS = 16
const PRINT_BITS = 16
/** The directory's bits and the fingerprint come from the first six bytes of an id. */
const BUCKET_BITS_MAX = 28

export function bucketBitsFor(rows: number): number {
  return Math.min(BUCKET_BITS_MAX, Math.max(0, Math.ceil(Math.log2(Math.max(1, rows / BUCKET_ROWS)))))
}

/** The first 32 + 16 bits of an id: its bucket, and the 16 bits behind that. */
function bucketOf(ids: Uint8Array, at: number, bits: number): number {
  const high = (((ids[at] ?? 0) << 24) | ((ids[at + 1] ?? 0) << 16) | ((ids[at + 2] ?? 0) << 8) | (ids[at + 3] ?? 0)) >>> 0
  return bits === 0 ? 0 : high >>> (32 - bits)
}

function printOf(ids: Uint8Array, at: number, bits: number): number {
  const byte = at + (bits >> 3)
  const window = (((ids[byte] ?? 0) << 16) | ((ids[byte + 1] ?? 0) << 8) | (ids[byte + 2] ?? 0)) >>> 0
  return (window >>> (8 - (bits & 7))) & 0xffff
}

export class RankedPrints {
  readonly rows: number
  readonly bits: number
  /** First row of each bucket, and one more. */
  readonly #starts: Uint32Array
  readonly #prints: Uint16Array

  constructor(rows: number, bits: number, starts: Uint32Array, prints: Uint16Array) {
    this.rows = rows
    this.bits = bits
    this.#starts = starts
    this.#prints = prints
  }

  get residentBytes(): number {
    return this.#starts.byteLength + this.#prints.byteLength
  }

  /** Calls `found` with each row that the id at `at` may be, in order, until it returns true. */
  candidates(ids: Uint8Array, at: number, found: (row: number) => boolean): void {
    const bucket = bucketOf(ids, at, this.bits)
    const print = printOf(ids, at, this.bits)
    const end = this.#starts[bucket + 1] ?? 0
    for (let row = this.#starts[bucket] ?? 0; row < end; row++) if (this.#prints[row] === print && found(row)) return
  }

  /** As `candidates`, but only the first, and how many there are; -1: none. The commonest question, without a call a row. */
  first(ids: Uint8Array, at: number): number {
    const bucket = bucketOf(ids, at, this.bits)
    const print = printOf(ids, at, this.bits)
    const end = this.#starts[bucket + 1] ?? 0
    for (let row = this.#starts[bucket] ?? 0; row < end; row++) if (this.#prints[row] === print) return row
    return -1
  }

  encode(): readonly Uint8Array[] {
    const { buffer, byteOffset, byteLength } = this.#starts
    return [new Uint8Array(buffer, byteOffset, byteLength), new Uint8Array(this.#prints.buffer, this.#prints.byteOffset, this.#prints.byteLength)]
  }
}

/** Takes ids in order. */
export class RankedPrintsBuilder {
  readonly #bits: number
  readonly #starts: Uint32Array
  readonly #prints: Uint16Array
  #rows = 0
  #bucket = 0

  constructor(rowsMax: number) {
    this.#bits = bucketBitsFor(rowsMax)
    this.#starts = new Uint32Array(2 ** this.#bits + 1)
    this.#prints = new Uint16Array(rowsMax)
  }

  add(ids: Uint8Array, at: number): void {
    assert(this.#rows < this.#prints.length, 'more ids than were announced')
    const bucket = bucketOf(ids, at, this.#bits)
    assert(bucket >= this.#bucket, 'ids come in order')
    while (this.#bucket < bucket) this.#starts[++this.#bucket] = this.#rows
    this.#prints[this.#rows++] = printOf(ids, at, this.#bits)
  }

  finish(): RankedPrints {
    while (this.#bucket < this.#starts.length - 1) this.#starts[++this.#bucket] = this.#rows
    // What was announced and did not come is given back.
    const prints = this.#rows === this.#prints.length ? this.#prints : this.#prints.slice(0, this.#rows)
    return new RankedPrints(this.#rows, this.#bits, this.#starts, prints)
  }
}

/** The rank of `rows` ids from its bytes (little-endian). They are authenticated; a count that does not fit is still refused. */
export function decodeRankedPrints(rows: number, bits: number, bytes: Uint8Array): RankedPrints {
  if (bits > BUCKET_BITS_MAX) throw new Fault('wire-malformed', `fingerprints of an index have ${bits} bits of buckets`)
  const startsBytes = (2 ** bits + 1) * Uint32Array.BYTES_PER_ELEMENT
  if (bytes.length !== startsBytes + (rows * PRINT_BITS) / 8) throw new Fault('wire-malformed', `fingerprints of ${rows} ids are ${bytes.length} bytes long`)
  const own = new Uint8Array(bytes).buffer
  const starts = new Uint32Array(own, 0, 2 ** bits + 1)
  let last = 0
  for (const start of starts) {
    if (start < last || start > rows) throw new Fault('wire-malformed', 'the buckets of an index are not in order')
    last = start
  }
  return new RankedPrints(rows, bits, starts, new Uint16Array(own, startsBytes, rows))
}
