// The recipe of a dump: how its exact bytes are put together again. A sequence of operations, each a byte and what follows; numbers are LEB128 of at most 2^53 - 1
// unless said otherwise. A recipe is cut into segments only between operations, so each segment is read alone.
//
//   01 n  n bytes            these bytes                       (LITERAL, 1 ≤ n ≤ LITERAL_BYTES_MAX)
//   02 n                     n zeros                           (ZEROS, n ≥ 1)
//   03 id n crc              the segment `id` of n bytes, whose CRC-32C is crc (id: 32 bytes, crc: u32, little-endian)
//   04                       a member of the archive begins: no bytes (MEMBER); only in dumps that are tar archives

export const LITERAL_CODE = 1
export const ZEROS_CODE = 2
export const SEGMENT_CODE = 3
export const MEMBER_CODE = 4

export type RecipeOperation =
  | { readonly kind: 'member' }
  | { readonly kind: 'literal'; readonly bytes: Uint8Array }
  | { readonly kind: 'zeros'; readonly count: number }
  | { readonly kind: 'segment'; readonly id: Uint8Array; readonly length: number; readonly crc: number }
