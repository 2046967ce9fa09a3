// The lock by which programs of Amanda keep out of each other's way when they change a file of its state: a write lock on the whole of a lock file. It is the
// system's, so it goes with its process. Whoever finds it taken tries again, once a second as stock Amanda does, and not for ever.

import { sleep, type Clock } from '../kernel/clock.ts'
import { Fault } from '../kernel/fault.ts'

export interface HeldLock {
  release(): void
}

/** How the machine locks: undefined while somebody else has the lock. Makes the lock file when it is missing. Throws when locks cannot be had here at all. */
export type TryLock = (path: string) => HeldLock | undefined

const RETRY_MS = 1000
/** A change of these files takes milliseconds; who holds the lock for a minute hangs. */
const TRIES_MAX = 60

/** Runs `work` while holding the lock of `path`. Rejects with `record-locked` when it cannot be had in time. */
export async function withRecordLock<T>(lock: { readonly tryLock: TryLock; readonly clock: Clock; readonly signal?: AbortSignal }, path: string, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const held = lock.tryLock(path)
    if (held !== undefined) {
      try {
        return await work()
      } finally {
        held.release()
      }
    }
    if (tries >= TRIES_MAX) throw new Fault('record-locked', `another program has held the lock ${path} for ${(TRIES_MAX * RETRY_MS) / 1000} s`, { context: { path } })
    await sleep(lock.clock, RETRY_MS, lock.signal)
  }
}
