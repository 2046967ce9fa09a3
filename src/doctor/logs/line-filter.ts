// Finds the lines that hold one of many words, and which of them: of a gigabyte of logs a few thousand lines are worth reading. However the bytes are
// cut into pieces, the same lines are told. Bytes in, lines out; pure.

import { countedBytes, countLines } from './line-count.ts'
import type { WordSearch } from './word-search.ts'

const LINE_FEED = 10
/** Of a longer line only the beginning is looked at: a file that is no log does no harm. */
const LINE_BYTES_MAX = 64 * 1024

/** `words`: the places of the words in the line in the list of words, each once, as they come. */
export type OnLine = (number: number, text: string, words: readonly number[]) => void

export class LineFilter {
  readonly #search: WordSearch
  readonly #onLine: OnLine
  /** The beginning of the line that goes on in the next piece. */
  readonly #rest = Buffer.allocUnsafeSlow(LINE_BYTES_MAX)
  #restBytes = 0
  #isInLine = false
  #number = 1

  /** `onLine` is told each line that holds a word of `search`, numbered from 1, as a string of bytes (latin1). */
  constructor(search: WordSearch, onLine: OnLine) {
    this.#search = search
    this.#onLine = onLine
  }

  push(piece: Buffer): void {
    let start = 0
    if (this.#isInLine) {
      const end = piece.indexOf(LINE_FEED)
      this.#keep(piece.subarray(0, end < 0 ? piece.length : end))
      if (end < 0) return
      this.#endRest()
      start = end + 1
    }
    const end = piece.lastIndexOf(LINE_FEED) + 1
    if (end > start) this.#scan(piece, start, end)
    if (piece.length > Math.max(start, end)) this.#keep(piece.subarray(Math.max(start, end)))
  }

  /** The file has ended: its last line may have no end. Ready for another file. Returns how many lines it had. */
  finish(): number {
    if (this.#isInLine) this.#endRest()
    const lines = this.#number - 1
    this.#number = 1
    return lines
  }

  #keep(part: Buffer): void {
    this.#isInLine = true
    this.#restBytes += part.copy(this.#rest, this.#restBytes)
  }

  #endRest(): void {
    if (this.#restBytes > 0) this.#scan(this.#rest, 0, this.#restBytes)
    this.#restBytes = 0
    this.#isInLine = false
    this.#number += 1
  }

  /** Whole lines; only the last one may have no end. Counts the ends. */
  #scan(bytes: Buffer, start: number, end: number): void {
    const search = this.#search
    const counted = countedBytes(bytes)
    const { windowBytes } = search
    let countedTo = start
    let at = search.find(bytes, start, start + windowBytes - 1, end)
    while (at >= 0) {
      const lineStart = Math.max(start, bytes.lastIndexOf(LINE_FEED, at) + 1)
      const feed = bytes.indexOf(LINE_FEED, at)
      const lineEnd = feed < 0 || feed > end ? end : feed
      const looked = Math.min(lineEnd, lineStart + LINE_BYTES_MAX)
      this.#number += countLines(counted, countedTo, lineStart)
      countedTo = lineStart
      const words: number[] = []
      // A word that stands behind the part that is looked at was found by the search of the whole piece only.
      for (let word = search.find(bytes, lineStart, lineStart + windowBytes - 1, looked); word >= 0; word = search.find(bytes, lineStart, word + 1, looked)) {
        for (const index of search.found) if (!words.includes(index)) words.push(index)
      }
      if (words.length > 0) this.#tell(bytes.toString('latin1', lineStart, looked), words)
      at = search.find(bytes, start, lineEnd + windowBytes, end)
    }
    this.#number += countLines(counted, countedTo, end)
  }

  #tell(text: string, words: readonly number[]): void {
    this.#onLine(this.#number, text.endsWith('\r') ? text.slice(0, -1) : text, words)
  }
}
