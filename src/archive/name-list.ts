// The names of one directory, sorted by their bytes, in one buffer: the system's own records, and a number for each. A directory of a million names is
// a million numbers and not a million objects. Used again for one directory after the other.

import type { DirentSink } from '../posix/tree-calls.ts'

const FIRST_BYTES = 128 * 1024
/** Some twenty million names. Positions are 32-bit numbers. */
const BYTES_MAX = 1024 ** 3
/** What is kept for the next directory. */
const KEPT_BYTES = 1024 ** 2
const RECORD_LENGTH_AT = 16
const RECORD_TYPE_AT = 18
const RECORD_NAME_AT = 19
/** Below this, sorting by insertion is fastest. */
const RUN = 12

/** Types of the records. */
export const DIRENT_UNKNOWN = 0
export const DIRENT_DIRECTORY = 4
export const DIRENT_FILE = 8

export class NameList implements DirentSink {
  #bytes: Uint8Array = new Uint8Array(FIRST_BYTES)
  #used = 0
  /** Where each name begins. */
  #places = new Uint32Array(1024)
  #spare = new Uint32Array(1024)
  #count = 0

  get count(): number {
    return this.#count
  }

  clear(): void {
    this.#used = 0
    this.#count = 0
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = new Uint8Array(FIRST_BYTES)
    if (this.#places.length > KEPT_BYTES) {
      this.#places = new Uint32Array(1024)
      this.#spare = new Uint32Array(1024)
    }
  }

  room(bytes: number): Uint8Array {
    if (this.#bytes.length - this.#used < bytes) {
      const wanted = Math.max(2 * this.#bytes.length, this.#used + bytes)
      if (wanted > BYTES_MAX) throw Object.assign(new Error('ENOMEM: the directory has too many names'), { code: 'ENOMEM', syscall: 'readdir' })
      const grown = new Uint8Array(wanted)
      grown.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = grown
    }
    return this.#bytes.subarray(this.#used)
  }

  filled(bytes: number): void {
    const end = this.#used + bytes
    const all = this.#bytes
    for (let at = this.#used; at < end; ) {
      const length = (all[at + RECORD_LENGTH_AT] ?? 0) | ((all[at + RECORD_LENGTH_AT + 1] ?? 0) << 8)
      if (length === 0) break
      const name = at + RECORD_NAME_AT
      const isDots = all[name] === 0x2e && (all[name + 1] === 0 || (all[name + 1] === 0x2e && all[name + 2] === 0))
      if (!isDots) this.#add(name)
      at += length
    }
    this.#used = end
  }

  #add(name: number): void {
    if (this.#count === this.#places.length) {
      const grown = new Uint32Array(2 * this.#count)
      grown.set(this.#places)
      this.#places = grown
      this.#spare = new Uint32Array(grown.length)
    }
    this.#places[this.#count++] = name
  }

  /** Puts the names into the order of their bytes. */
  sort(): void {
    const count = this.#count
    for (let start = 0; start < count; start += RUN) this.#insert(start, Math.min(start + RUN, count))
    for (let width = RUN; width < count; width *= 2) {
      for (let start = 0; start < count; start += 2 * width) this.#merge(start, Math.min(start + width, count), Math.min(start + 2 * width, count))
      const merged = this.#spare
      this.#spare = this.#places
      this.#places = merged
    }
  }

  #insert(start: number, end: number): void {
    const places = this.#places
    for (let index = start + 1; index < end; index++) {
      const place = places[index] ?? 0
      let hole = index
      while (hole > start && this.#compare(places[hole - 1] ?? 0, place) > 0) {
        places[hole] = places[hole - 1] ?? 0
        hole--
      }
      places[hole] = place
    }
  }

  #merge(start: number, middle: number, end: number): void {
    const from = this.#places
    const to = this.#spare
    let left = start
    let right = middle
    for (let index = start; index < end; index++) {
      const isLeft = left < middle && (right >= end || this.#compare(from[left] ?? 0, from[right] ?? 0) <= 0)
      to[index] = (isLeft ? from[left++] : from[right++]) ?? 0
    }
  }

  #compare(left: number, right: number): number {
    const bytes = this.#bytes
    for (let index = 0; ; index++) {
      const a = bytes[left + index] ?? 0
      const b = bytes[right + index] ?? 0
      if (a !== b) return a - b
      if (a === 0) return 0
    }
  }

  /** One of the `DIRENT_` constants or another type. */
  typeAt(index: number): number {
    return this.#bytes[(this.#places[index] ?? 0) - RECORD_NAME_AT + RECORD_TYPE_AT] ?? 0
  }

  setTypeAt(index: number, type: number): void {
    this.#bytes[(this.#places[index] ?? 0) - RECORD_NAME_AT + RECORD_TYPE_AT] = type
  }

  lengthAt(index: number): number {
    const start = this.#places[index] ?? 0
    let end = start
    while (this.#bytes[end] !== 0) end++
    return end - start
  }

  /** The memory that names lie in, good until the list is filled again. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  startAt(index: number): number {
    return this.#places[index] ?? 0
  }

  /** The name and the NUL behind it; good until the list is filled again. */
  nameAt(index: number): Uint8Array {
    const start = this.#places[index] ?? 0
    return this.#bytes.subarray(start, start + this.lengthAt(index) + 1)
  }

  /** Copies the name without its NUL; returns its length. */
  copyName(index: number, target: Uint8Array, at: number): number {
    const bytes = this.#bytes
    const start = this.#places[index] ?? 0
    let length = 0
    for (let byte = bytes[start] ?? 0; byte !== 0; byte = bytes[start + ++length] ?? 0) target[at + length] = byte
    return length
  }

  /** The name as a string of bytes (latin1). */
  textAt(index: number): string {
    const start = this.#places[index] ?? 0
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, this.lengthAt(index)).toString('latin1')
  }
}
