// The recipe of a dump: how its exact bytes are put together again. A sequence of operations, each a byte and what follows; numbers `n` are LEB128 of at most 2^53 - 1, others
// little-endian. A recipe is cut into segments only between operations, so each segment is read alone, with the directory that its entry names.
//
//   01 n  n bytes            these bytes                       (LITERAL, 1 ≤ n ≤ LITERAL_BYTES_MAX)
//   02 n                     n zeros                           (ZEROS, n ≥ 1)
//   03 id n crc              the segment `id` of n bytes, whose CRC-32C is crc (id: 32 bytes, crc: u32, little-endian)
//   04                       a member of the archive begins: no bytes (MEMBER); only in dumps that are tar archives
//   05 up u16 bytes          another directory: `up` (u8) names less at its end, and these bytes behind the rest; no bytes of the dump (DIRECTORY)
//   06 …                     the header blocks of a tar member in that directory (HEADER, recipe-header.ts)

export const LITERAL_CODE = 1
export const ZEROS_CODE = 2
export const SEGMENT_CODE = 3
export const MEMBER_CODE = 4
export const DIRECTORY_CODE = 5
export const HEADER_CODE = 6

/** In the place of `up`: the directory is what follows. */
export const UP_ALL = 255

/** What a HEADER operation has of a member besides its directory. */
export interface HeaderParts {
  readonly name: Uint8Array
  readonly fields: Uint8Array
  readonly link: Uint8Array
  readonly rest: Uint8Array
  readonly records: Uint8Array
}

export type RecipeOperation =
  | { readonly kind: 'member' }
  | { readonly kind: 'literal'; readonly bytes: Uint8Array }
  | { readonly kind: 'zeros'; readonly count: number }
  | { readonly kind: 'segment'; readonly id: Uint8Array; readonly length: number; readonly crc: number }
  | { readonly kind: 'directory'; readonly up: number; readonly path: Uint8Array }
  /** `bytes`: the blocks, when the reader knows the directory, else none. */
  | ({ readonly kind: 'header'; readonly bytes: Uint8Array } & HeaderParts)
