// Counts line feeds, four bytes at a time. Pure.

const LINE_FEED = 10
const WORD_BYTES = 4
const FEEDS = 0x0a0a0a0a
const LOW_BITS = 0x7f7f7f7f
const HIGH_BITS = 0x80808080

/** The words of memory below `bytes`: made once for a piece, as counting is asked for part by part. */
export interface CountedBytes {
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  /** Where the first whole word begins. */
  readonly offset: number
}

export function countedBytes(bytes: Uint8Array): CountedBytes {
  const offset = (WORD_BYTES - (bytes.byteOffset % WORD_BYTES)) % WORD_BYTES
  const wordCount = Math.max(0, (bytes.length - offset) >> 2)
  return { bytes, offset, words: new Uint32Array(bytes.buffer, bytes.byteOffset + (wordCount === 0 ? -(bytes.byteOffset % WORD_BYTES) : offset), wordCount) }
}

function countSlowly(bytes: Uint8Array, from: number, end: number): number {
  let count = 0
  for (let at = from; at < end; at++) if (bytes[at] === LINE_FEED) count += 1
  return count
}

/** Line feeds in `from`..`end`. */
export function countLines({ bytes, words, offset }: CountedBytes, from: number, end: number): number {
  const firstWord = Math.max(0, (from - offset + WORD_BYTES - 1) >> 2)
  const endWord = Math.min(words.length, (end - offset) >> 2)
  if (firstWord >= endWord) return countSlowly(bytes, from, end)
  let count = countSlowly(bytes, from, offset + firstWord * WORD_BYTES)
  for (let index = firstWord; index < endWord; index++) {
    const differing = (words[index] as number) ^ FEEDS
    // The high bit of each byte that is a line feed.
    let feeds = ~(((differing & LOW_BITS) + LOW_BITS) | differing) & HIGH_BITS
    while (feeds !== 0) {
      count += 1
      feeds &= feeds - 1
    }
  }
  return count + countSlowly(bytes, offset + endWord * WORD_BYTES, end)
}
