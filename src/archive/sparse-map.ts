// The map that stands before the data of a sparse file (GNU sparse 1.0): how many runs there are, then offset and length of each, a line each, padded to a
// whole block. A file that ends in a hole has an empty run at its end, so that its size can be seen.

import type { DataRun } from '../posix/holes.ts'
import { paddedBytes } from '../wire/tar/pax-writer.ts'

export interface SparseMap {
  readonly runs: readonly DataRun[]
  readonly bytes: Buffer
  /** Bytes of the runs. */
  readonly dataBytes: number
}

export function sparseMap(found: readonly DataRun[], size: number): SparseMap {
  const last = found.at(-1)
  const runs = last !== undefined && last.offset + last.bytes === size ? found : [...found, { offset: size, bytes: 0 }]
  const text = Buffer.from(`${runs.length}\n${runs.map(({ offset, bytes }) => `${offset}\n${bytes}\n`).join('')}`)
  const bytes = Buffer.alloc(paddedBytes(text.length))
  text.copy(bytes)
  return { runs, bytes, dataBytes: runs.reduce((sum, run) => sum + run.bytes, 0) }
}
