// Where a segment ends, in plain TypeScript: what segmenter.as says, position by position, for machines without WebAssembly's vectors. Cuts are the same.

import type { SegmenterSecret } from './segmenter-secret.ts'

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}

/** Of the 64 bytes before `p`. */
function judged(bytes: Uint8Array, p: number, window: Int32Array): number {
  let result = 0
  for (let lane = 0; lane < 4; lane++) {
    let sum = window[lane] ?? 0
    for (let part = 0; part < 4; part++) sum = Math.imul(sum ^ (sum >>> 15) ^ word(bytes, p - 64 + 16 * part + 4 * lane), window[4 + 4 * part + lane] ?? 0)
    result = lane === 0 ? sum : (Math.imul(result ^ (result >>> (lane === 2 ? 15 : 16)), window[19 + lane] ?? 0) + sum) | 0
  }
  result = Math.imul(result ^ (result >>> 16), window[23] ?? 0)
  return (result ^ (result >>> 15)) >>> 0
}

/** As `cut` in segmenter.as. */
export function scalarCut(bytes: Uint8Array, from: number, end: number, normal: number, { factor, window }: SegmenterSecret, limit: number, early: number, late: number): number {
  let p = from
  while (p < end) {
    let older = word(bytes, p - 8)
    let newer = word(bytes, p - 4)
    while (Math.imul(older + (newer << 1), factor) >>> 0 >= limit) {
      older = (older >>> 8) | (newer << 24)
      newer = (newer >>> 8) | ((bytes[p] ?? 0) << 24)
      p++
      if (p >= end) return 0
    }
    if (judged(bytes, p, window) < (p < normal ? early : late)) return p
    p += 64
  }
  return 0
}
