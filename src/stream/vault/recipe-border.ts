// Where a recipe is cut: whoever makes one decides by a hash of the member that ended, so that the same members give the same segments wherever they lie.

import { RECIPE_SEGMENT_BYTES_AVERAGE, RECIPE_SEGMENT_BYTES_MIN } from '../../wire/vault/limits.ts'

/** Every bit of the result depends on every bit of `value`. */
function scattered(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** Whether a member with this 32-bit hash ends a segment. One of `memberBytes` is as likely to as many short ones of the same size. */
export function isRecipeBorder(hash: number, memberBytes: number): boolean {
  return scattered(hash) < (memberBytes / (RECIPE_SEGMENT_BYTES_AVERAGE - RECIPE_SEGMENT_BYTES_MIN)) * 2 ** 32
}
