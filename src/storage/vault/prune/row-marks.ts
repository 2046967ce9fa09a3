// Which rows of the index are needed: a bit a row, over segments that do not change meanwhile. An id is looked up in the fingerprints, which are resident; only where
// several rows may be meant, pages are read. A fingerprint that is another id's keeps one segment in some thousands that nobody needs: never the other way round.

import { INDEX_PAGE_ROWS } from '../../../wire/vault/index-head.ts'
import { INDEX_ROW_BYTES, packOfRow } from '../../../wire/vault/index-row.ts'
import { ID_BYTES } from '../../../wire/vault/limits.ts'
import type { IndexSegment } from '../index/index-segment.ts'
import { sameId } from '../index/row-table.ts'

/** Ids for which pages are read together. */
const UNCLEAR_IDS = 8192

interface Row {
  readonly segment: number
  readonly row: number
}

interface UnclearRow extends Row {
  /** Of the id among those that are asked for. */
  readonly index: number
}

/** Told of each row that is marked for the first time: for which id, and the bytes that who named it says. */
type OnMarked = (ids: Uint8Array, at: number, bytes: number) => void

export class RowMarks {
  readonly #segments: readonly IndexSegment[]
  readonly #bits: readonly Uint8Array[]
  readonly #isReadable: (pack: number) => boolean
  readonly #unclear = Buffer.alloc(UNCLEAR_IDS * ID_BYTES)
  readonly #unclearBytes = new Float64Array(UNCLEAR_IDS)
  readonly #onMarked: OnMarked
  #unclearCount = 0

  constructor(segments: readonly IndexSegment[], isReadable: (pack: number) => boolean, onMarked: OnMarked = () => {}) {
    this.#onMarked = onMarked
    this.#segments = segments
    this.#isReadable = isReadable
    this.#bits = segments.map(({ rows }) => new Uint8Array(Math.ceil(rows / 8)))
  }

  get segments(): readonly IndexSegment[] {
    return this.#segments
  }

  isMarked(segment: number, row: number): boolean {
    return ((this.#bits[segment]?.[row >> 3] ?? 0) & (1 << (row & 7))) !== 0
  }

  /** Whether the id was not marked yet, as far as can be told without reading: true may be said twice, false only when it is marked. False as well when no row is there: then `missing` is told. */
  async mark(ids: Uint8Array, at: number, missing: () => void, bytes = 0): Promise<boolean> {
    let found: Row | undefined
    let isUnclear = false
    for (let segment = 0; segment < this.#segments.length && !isUnclear; segment++) {
      this.#segments[segment]?.prints.candidates(ids, at, (row) => {
        isUnclear = found !== undefined
        found ??= { segment, row }
        return isUnclear
      })
    }
    if (found === undefined) {
      missing()
      return false
    }
    if (!isUnclear) {
      const isNew = this.#set(found.segment, found.row)
      if (isNew) this.#onMarked(ids, at, bytes)
      return isNew
    }
    this.#unclearBytes[this.#unclearCount] = bytes
    this.#unclear.set(ids.subarray(at, at + ID_BYTES), this.#unclearCount * ID_BYTES)
    this.#unclearCount += 1
    if (this.#unclearCount === UNCLEAR_IDS) await this.settle(missing)
    return true
  }

  /** Reads pages for what was unclear; afterwards every id that was marked has its row. */
  async settle(missing: () => void): Promise<void> {
    const ids = this.#unclear.subarray(0, this.#unclearCount * ID_BYTES)
    const isFound = new Uint8Array(this.#unclearCount)
    await this.#eachRow(ids, ({ segment, row, index }, pack) => {
      if (isFound[index] === 1 || !this.#isReadable(pack)) return
      if (this.#set(segment, row)) this.#onMarked(ids, index * ID_BYTES, this.#unclearBytes[index] ?? 0)
      isFound[index] = 1
    })
    for (const found of isFound) if (found === 0) missing()
    this.#unclearCount = 0
  }

  /** Which of `ids`, segments of `pack`, are needed there. */
  async neededIn(pack: number, ids: Uint8Array): Promise<Uint8Array> {
    const needed = new Uint8Array(ids.length / ID_BYTES)
    const unclear: number[] = []
    for (let index = 0; index < needed.length; index++) {
      let found: Row | undefined
      let count = 0
      for (const [segment, { prints }] of this.#segments.entries()) {
        prints.candidates(ids, index * ID_BYTES, (row) => {
          count += 1
          found = { segment, row }
          return false
        })
      }
      if (count > 1) unclear.push(index)
      else if (found !== undefined && this.isMarked(found.segment, found.row)) needed[index] = 1
    }
    const some = Buffer.alloc(unclear.length * ID_BYTES)
    for (const [at, index] of unclear.entries()) some.set(ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES), at * ID_BYTES)
    await this.#eachRow(some, ({ segment, row, index }, rowPack) => {
      if (rowPack === pack && this.isMarked(segment, row)) needed[unclear[index] ?? 0] = 1
    })
    return needed
  }

  /** Every row of the index that is of one of `ids`, a page after the other. */
  async #eachRow(ids: Uint8Array, visit: (row: UnclearRow, pack: number) => void): Promise<void> {
    for (const [number, segment] of this.#segments.entries()) {
      const questions: UnclearRow[] = []
      for (let index = 0; index < ids.length / ID_BYTES; index++) {
        segment.prints.candidates(ids, index * ID_BYTES, (row) => {
          questions.push({ segment: number, row, index })
          return false
        })
      }
      questions.sort((a, b) => a.row - b.row)
      let page = -1
      let rows: Buffer = Buffer.alloc(0)
      for (const question of questions) {
        const wanted = Math.floor(question.row / INDEX_PAGE_ROWS)
        if (wanted !== page) rows = await segment.readPage((page = wanted))
        const at = (question.row % INDEX_PAGE_ROWS) * INDEX_ROW_BYTES
        if (sameId(rows, at, ids, question.index * ID_BYTES)) visit(question, segment.packs[packOfRow(rows, at)] ?? 0)
      }
    }
  }

  #set(segment: number, row: number): boolean {
    const bits = this.#bits[segment]
    const bit = 1 << (row & 7)
    const byte = bits?.[row >> 3] ?? 0
    if (bits === undefined || (byte & bit) !== 0) return false
    bits[row >> 3] = byte | bit
    return true
  }
}
