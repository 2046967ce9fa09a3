// The threads of dumps that have ended, for the dumps after them: an estimate and the dump that follows it, or one disk after the other, need no new ones. Those
// that nobody takes for a while end themselves.

import { availableParallelism } from 'node:os'
import { ArchiveThread, type ThreadListener } from './archive-thread.ts'
import type { DumpOrder } from './unit-messages.ts'

const THREADS_MAX = 4

/** Threads of one dump; so many are kept as well. */
export function threadCount(): number {
  return Math.min(Math.max(availableParallelism(), 1), THREADS_MAX)
}

export class ThreadPool {
  readonly #idleMs: number
  #idle: ArchiveThread[] = []

  /** `idleMs`: how long a thread is kept; 0: none is. */
  constructor(idleMs = 0) {
    this.#idleMs = idleMs
  }

  /** A thread that works on this dump, until it was stopped and is given back. */
  begin(order: DumpOrder, listener: ThreadListener): ArchiveThread {
    for (let thread = this.#idle.pop(); thread !== undefined; thread = this.#idle.pop()) if (thread.begin(order, listener)) return thread
    const thread = new ArchiveThread(this.#idleMs)
    thread.begin(order, listener)
    return thread
  }

  /** One that was stopped and is settled. */
  giveBack(thread: ArchiveThread): void {
    this.#idle = this.#idle.filter(({ isGone }) => !isGone)
    if (thread.isGone) return
    if (this.#idle.length < threadCount()) this.#idle.push(thread)
    else thread.quit()
  }
}
