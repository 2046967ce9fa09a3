// Where a recipe is cut: whoever makes one decides by a hash of the member that ended, so that the same members give the same segments wherever they lie.

import { RECIPE_SEGMENT_BYTES_AVERAGE, RECIPE_SEGMENT_BYTES_MIN } from '../../wire/vault/limits.ts'

/** How many times as long as the shortest segments are those of the average. */
const AVERAGE_TIMES = RECIPE_SEGMENT_BYTES_AVERAGE / RECIPE_SEGMENT_BYTES_MIN
const BYTES_MIN = 512
/** Few steps: at each a directory more before it may move a border. */
const STEP = 8
const STEP_BEFORE = 16

/** Every bit of the result depends on every bit of `value`. */
function scattered(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** Whether a member with this 32-bit hash ends a segment of at least `segmentBytesMin`. One of `memberBytes` is as likely to as many short ones of the same size. */
export function isRecipeBorder(hash: number, memberBytes: number, segmentBytesMin = RECIPE_SEGMENT_BYTES_MIN): boolean {
  return scattered(hash) < (memberBytes / ((AVERAGE_TIMES - 1) * segmentBytesMin)) * 2 ** 32
}

/** Least bytes of a segment behind so many of the recipe: as long as a recipe is short, its segments are, so that a change in a small tree or near the top of a large one costs little.
 *  In steps, since a little more or less before a segment is not to change it. */
export function recipeSegmentBytesMin(bytesBefore: number): number {
  let bytes = BYTES_MIN
  while (bytes < RECIPE_SEGMENT_BYTES_MIN && STEP_BEFORE * bytes <= bytesBefore) bytes = Math.min(RECIPE_SEGMENT_BYTES_MIN, STEP * bytes)
  return bytes
}
