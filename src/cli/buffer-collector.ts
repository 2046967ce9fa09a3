// Keeps the memory of buffers that nobody uses any more small. V8 looks mostly at its own heap when it decides to collect; the buffers that
// sockets and files fill lie outside, and a process that moves much data through a small heap would carry 100 MB of dead ones. So the young
// generation is collected whenever buffers have grown by some megabytes, and all of the heap when that does not help.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../kernel/clock.ts'

const MIB = 1024 * 1024
/** Bytes of buffers, living and dead, below which nothing is done: what a process at rest has. */
const BUFFER_BYTES_MIN = 12 * MIB
/** Bytes that may come to what was living after a collection before the next one. */
const GROWTH_BYTES = 4 * MIB
/** Bytes that look alive after a young collection and make a full one worth its milliseconds … */
const FULL_BYTES = 24 * MIB
/** … but never more often than this. */
const FULL_PERIOD_MS = 300
const LOOK_MS = 10

type Collect = (options?: { readonly type: 'minor' }) => void

/** Starts looking; for the whole life of the process. */
export function collectBuffers(clock: Clock): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as Collect
  let limitBytes = BUFFER_BYTES_MIN
  let fullMs = Number.NEGATIVE_INFINITY
  const look = (): void => {
    if (process.memoryUsage().arrayBuffers > limitBytes) {
      collect({ type: 'minor' })
      const nowMs = clock.monotonicMs()
      if (process.memoryUsage().arrayBuffers > FULL_BYTES && nowMs - fullMs >= FULL_PERIOD_MS) {
        fullMs = nowMs
        collect()
      }
      limitBytes = Math.max(BUFFER_BYTES_MIN, process.memoryUsage().arrayBuffers + GROWTH_BYTES)
    }
    clock.setTimer(LOOK_MS, look)
  }
  clock.setTimer(LOOK_MS, look)
}
