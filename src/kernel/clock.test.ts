import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep, withTimeout, type Clock } from './clock.ts'
import { Fault } from './fault.ts'

/** A clock that a test moves by hand. */
function handClock(): Clock & { advance(ms: number): void } {
  let nowMs = 0
  let timers: { readonly atMs: number; readonly action: () => void }[] = []
  return {
    monotonicMs: () => nowMs,
    wallMs: () => nowMs,
    setTimer(delayMs, action) {
      const timer = { atMs: nowMs + delayMs, action }
      timers.push(timer)
      return { cancel: () => (timers = timers.filter((other) => other !== timer)) }
    },
    afterPoll: (action) => queueMicrotask(action),
    advance(ms) {
      nowMs += ms
      const due = timers.filter((timer) => timer.atMs <= nowMs)
      timers = timers.filter((timer) => timer.atMs > nowMs)
      for (const timer of due) timer.action()
    },
  }
}

test('sleep ends after its time, or at once with the cancellation', async () => {
  const clock = handClock()
  const slept = sleep(clock, 50)
  clock.advance(50)
  await slept
  const controller = new AbortController()
  const cancelled = sleep(clock, 50, controller.signal)
  controller.abort()
  await assert.rejects(cancelled, { code: 'cancelled' })
  await assert.rejects(sleep(clock, 50, controller.signal), { code: 'cancelled' })
})

test('withTimeout gives the result, or the name of what was late and an aborted signal', async () => {
  const clock = handClock()
  assert.equal(await withTimeout(clock, 10, 'sum', () => Promise.resolve(3)), 3)
  let inner: AbortSignal | undefined
  const late = withTimeout(clock, 2000, 'the estimate', (signal) => {
    inner = signal
    return new Promise(() => {})
  })
  clock.advance(2000)
  await assert.rejects(late, { code: 'timed-out', message: 'the estimate took longer than 2 s' })
  assert.equal(inner?.aborted, true)
})

test('withTimeout passes an outer cancellation on to the work', async () => {
  const outer = new AbortController()
  const work = withTimeout(handClock(), 10, 'work', (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))), outer.signal)
  outer.abort(new Fault('cancelled', 'stop'))
  await assert.rejects(work, { code: 'cancelled', message: 'stop' })
})
