// Where a file has data and where it has holes. The holes of a file read as zeros, so an answer with too few holes is always right; that is what comes back
// where the file system or the platform cannot tell. Moves the offset of the descriptor.

import { nativeCall, type NativeCall } from './libc.ts'

export interface DataRun {
  readonly offset: number
  readonly bytes: number
}

const SEEK_DATA = 3
const SEEK_HOLE = 4
/** Holes after so many runs are taken for data: what is told must fit into memory. */
const RUNS_MAX = 65_536

let seek: NativeCall | undefined
let isLoaded = false

function loaded(): NativeCall | undefined {
  if (!isLoaded) {
    isLoaded = true
    seek = nativeCall('long lseek(int fd, long offset, int whence)')
  }
  return seek
}

/** The runs of data in the first `size` bytes, in order and apart from each other; none for a file that is one hole. */
export function dataRuns(fd: number, size: number, runsMax = RUNS_MAX): readonly DataRun[] {
  if (size === 0) return []
  const call = loaded()
  const firstHole = call === undefined ? -1 : call(fd, 0, SEEK_HOLE)
  // Most files have no hole: one call tells.
  if (call === undefined || firstHole < 0 || firstHole >= size) return [{ offset: 0, bytes: size }]
  const runs: DataRun[] = firstHole === 0 ? [] : [{ offset: 0, bytes: firstHole }]
  for (let hole = firstHole; hole < size; ) {
    const data = call(fd, hole, SEEK_DATA)
    // No data behind this hole, or a file that became shorter.
    if (data < hole || data >= size) break
    const end = runs.length + 1 >= runsMax ? size : call(fd, data, SEEK_HOLE)
    hole = end <= data || end > size ? size : end
    runs.push({ offset: data, bytes: hole - data })
  }
  return runs
}
