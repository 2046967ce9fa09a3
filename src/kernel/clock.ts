// Time as an argument. Production uses the system clock; the simulator a virtual one.

import { Fault } from './fault.ts'

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds on a clock that never goes back. For intervals and deadlines. */
  monotonicMs(): number
  /** Milliseconds since 1970 UTC. For dates that people see; it can jump. */
  wallMs(): number
  /** Runs `action` once after `delayMs`. */
  setTimer(delayMs: number, action: () => void): Timer
  /** Runs `action` after input that is already waiting has been polled: the end of a completed poll phase. */
  afterPoll(action: () => void): void
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
  afterPoll(action) {
    setImmediate(action)
  },
}

/** Resolves after `delayMs`; rejects with `cancelled` as soon as `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(new Fault('cancelled', 'a wait was cancelled'))
    const onAbort = (): void => {
      timer.cancel()
      reject(new Fault('cancelled', 'a wait was cancelled'))
    }
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** `work`, or a `timed-out` fault that names `what` after `limitMs`. The work itself is told through its own signal. */
export async function withTimeout<T>(clock: Clock, limitMs: number, what: string, work: (signal: AbortSignal) => Promise<T>, outer?: AbortSignal): Promise<T> {
  const controller = new AbortController()
  const onOuter = (): void => controller.abort(outer?.reason)
  if (outer?.aborted === true) onOuter()
  outer?.addEventListener('abort', onOuter, { once: true })
  let timer: Timer | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = clock.setTimer(limitMs, () => {
      const fault = new Fault('timed-out', `${what} took longer than ${Math.round(limitMs / 1000)} s`)
      reject(fault)
      controller.abort(fault)
    })
  })
  try {
    return await Promise.race([work(controller.signal), late])
  } finally {
    timer?.cancel()
    outer?.removeEventListener('abort', onOuter)
  }
}
