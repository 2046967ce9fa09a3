// The secret numbers of a segmenter, drawn from the seed of a dedup domain. Without them nobody can say from the lengths of segments which known file they are of, or make
// content that is cut badly. They are a hurdle, no cipher: lengths of segments are sealed in the vault anyway.

import { hkdfSync } from 'node:crypto'

/** 4 words to start with, 16 factors, 4 factors. */
const WINDOW_WORDS = 24
const START_WORDS = 4

export interface SegmenterSecret {
  /** Of the hash of 8 bytes. */
  readonly factor: number
  /** Of the hash of 64 bytes. */
  readonly window: Int32Array
}

export function segmenterSecret(seed: Uint8Array): SegmenterSecret {
  const words = new DataView(hkdfSync('sha256', seed, '', 'holdfast segmenter', 4 * (WINDOW_WORDS + 1)))
  // Factors are odd, so that nothing is lost.
  return { factor: words.getInt32(4 * WINDOW_WORDS, true) | 1, window: Int32Array.from({ length: WINDOW_WORDS }, (_, index) => words.getInt32(4 * index, true) | (index < START_WORDS ? 0 : 1)) }
}
