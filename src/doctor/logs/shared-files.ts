// A list of files from which several threads take the next one until none is left: whoever is free reads it, however large the others are. The names lie
// in shared memory, once for all threads.

import type { NumberedFile } from './find-logs.ts'

/** Can be given to another thread. */
export interface SharedFiles {
  /** The names, one behind the other, in UTF-8. */
  readonly names: SharedArrayBuffer
  /** Where in `names` each of them ends: unsigned numbers of 32 bits. */
  readonly ends: SharedArrayBuffer
  /** How many were taken: a number of 32 bits. */
  readonly taken: SharedArrayBuffer
}

/** The files are numbered in their order. */
export function shareFiles(paths: readonly string[]): SharedFiles {
  const ends = new SharedArrayBuffer(paths.length * Uint32Array.BYTES_PER_ELEMENT)
  const endOf = new Uint32Array(ends)
  let end = 0
  for (const [number, path] of paths.entries()) endOf[number] = end += Buffer.byteLength(path)
  const names = new SharedArrayBuffer(end)
  const bytes = Buffer.from(names)
  for (const [number, path] of paths.entries()) bytes.write(path, endOf[number - 1] ?? 0)
  return { names, ends, taken: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT) }
}

/** Takes one after the other; what has no name is left out. */
export function* takeFiles({ names, ends, taken }: SharedFiles): Generator<NumberedFile, void> {
  const bytes = Buffer.from(names)
  const endOf = new Uint32Array(ends)
  const counter = new Int32Array(taken)
  for (;;) {
    const number = Atomics.add(counter, 0, 1)
    const end = endOf[number]
    if (end === undefined) return
    const start = endOf[number - 1] ?? 0
    if (end > start) yield { number, path: bytes.toString('utf8', start, end) }
  }
}
