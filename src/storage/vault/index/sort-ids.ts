// Sorts ids that lie at a fixed distance in one array, without moving them and without a call a comparison: by their first four bytes, which nearly always decide.

import { assert } from '../../../kernel/assert.ts'

/** Numbers of ids fit into what 2^53 leaves beside 32 bits: a full table and the largest pack. */
const SORTED_IDS_MAX = 2 ** 21

/** The numbers of `count` ids at every `stride` bytes, in the order of the ids. */
export function sortedOrder(ids: Uint8Array, count: number, stride: number, idBytes: number): Uint32Array {
  assert(count <= SORTED_IDS_MAX, 'so many ids are not sorted at once')
  const bytes = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength)
  const keys = new Float64Array(count)
  for (let index = 0; index < count; index++) keys[index] = bytes.readUInt32BE(index * stride) * SORTED_IDS_MAX + index
  keys.sort()
  const order = new Uint32Array(count)
  for (let index = 0; index < count; index++) order[index] = (keys[index] ?? 0) % SORTED_IDS_MAX
  const isAfter = (a: number, b: number): boolean => bytes.compare(bytes, b * stride, b * stride + idBytes, a * stride, a * stride + idBytes) > 0
  // Ids that share the first bytes stand side by side.
  for (let index = 1; index < count; index++) {
    const moved = order[index] ?? 0
    const key = bytes.readUInt32BE(moved * stride)
    let at = index
    for (; at > 0; at--) {
      const before = order[at - 1] ?? 0
      if (bytes.readUInt32BE(before * stride) !== key || !isAfter(before, moved)) break
      order[at] = before
    }
    order[at] = moved
  }
  return order
}
