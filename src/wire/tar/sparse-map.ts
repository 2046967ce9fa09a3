// Where the data of a sparse file belongs: GNU tar's maps in all their forms, as a list of runs that is checked once. Old maps stand in the header and in blocks
// behind it, those of version 0 in pax records, that of 1.0 as lines in front of the data. Format: docs/formats/tar.md.

import { Fault } from '../../kernel/fault.ts'
import { BLOCK_BYTES, parseNumber } from './header.ts'

/** Offsets and lengths by turns. */
export type SparseNumbers = readonly number[]

/** A file with more pieces than this is an attack, or beyond what is worth its map. */
const NUMBERS_MAX = 4 * 1024 * 1024
const ENTRY_BYTES = 24
/** Digits of the largest number that can be. */
const DIGITS_MAX = 16

function malformed(what: string): Fault {
  return new Fault('wire-malformed', `tar: a sparse map ${what}`)
}

/** The entries of an old map at `[at, at + count × 24)`, up to the first that is empty. */
export function parseOldEntries(bytes: Buffer, at: number, count: number, into: number[]): void {
  for (let index = 0; index < count; index++) {
    const start = at + index * ENTRY_BYTES
    if (bytes[start] === 0 && bytes[start + 12] === 0) return
    if (into.length >= NUMBERS_MAX) throw malformed('without end')
    into.push(parseNumber(bytes, start, 12, 'a place in a sparse map'), parseNumber(bytes, start + 12, 12, 'a length in a sparse map'))
  }
}

function parseDecimal(text: string): number {
  const number = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(number)) throw malformed('has something else than numbers')
  return number
}

/** `GNU.sparse.map` of version 0.1. */
export function parseMapList(text: string): number[] {
  const parts = text === '' ? [] : text.split(',')
  if (parts.length > NUMBERS_MAX) throw malformed('without end')
  return parts.map(parseDecimal)
}

/** Runs are in rising order, do not overlap, lie in the file and take all `dataBytes`. */
export function checkSparseNumbers(numbers: SparseNumbers, size: number, dataBytes: number): void {
  if (numbers.length % 2 !== 0) throw malformed('that lacks a number')
  let end = 0
  let sum = 0
  for (let index = 0; index < numbers.length; index += 2) {
    const [offset = 0, length = 0] = [numbers[index], numbers[index + 1]]
    if (offset < end || length < 0 || offset + length > size) throw malformed('that is not in order')
    end = offset + length
    sum += length
  }
  if (sum !== dataBytes) throw malformed(`of ${sum} bytes where there are ${dataBytes}`)
}

/** Reads the lines that stand in front of the data (version 1.0): the number of runs, then an offset and a length each, padded to a block. */
export class SparseLines {
  readonly numbers: number[] = []
  #text = ''
  #expected: number | undefined
  #bytes = 0

  /** Takes bytes up to the end of the map; returns how many. */
  take(piece: Buffer): number {
    let position = 0
    while (!this.#isRead && position < piece.length) {
      const end = piece.indexOf(0x0a, position)
      const stop = end < 0 ? piece.length : end
      if (this.#text.length + stop - position > DIGITS_MAX) throw malformed('has something else than numbers')
      this.#text += piece.toString('latin1', position, stop)
      position = end < 0 ? stop : stop + 1
      if (end >= 0) this.#line()
    }
    this.#bytes += position
    const padding = this.#isRead ? (BLOCK_BYTES - (this.#bytes % BLOCK_BYTES)) % BLOCK_BYTES : 0
    const skipped = Math.min(padding, piece.length - position)
    this.#bytes += skipped
    return position + skipped
  }

  get isDone(): boolean {
    return this.#isRead && this.#bytes % BLOCK_BYTES === 0
  }

  /** Bytes of the map so far, its padding included. */
  get bytes(): number {
    return this.#bytes
  }

  get #isRead(): boolean {
    return this.#expected !== undefined && this.numbers.length >= this.#expected
  }

  #line(): void {
    const number = parseDecimal(this.#text)
    this.#text = ''
    if (this.#expected !== undefined) this.numbers.push(number)
    else if (number * 2 > NUMBERS_MAX) throw malformed('without end')
    else this.#expected = number * 2
  }
}
