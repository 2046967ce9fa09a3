import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../kernel/clock.ts'
import { formatProgress, ProgressLine, RateMeter } from './progress.ts'

test('a progress line has bytes, share, rate and what is left, within the width', () => {
  const value = { what: 'laptop:/home', bytes: 1024 ** 3, totalBytes: 4 * 1024 ** 3 }
  assert.equal(formatProgress(value, 100 * 1024 ** 2, 120), 'laptop:/home  1 GiB of 4 GiB  25 %  100 MiB/s  ETA 30 s'.replace('ETA 30 s', 'ETA 31 s'))
  assert.equal(formatProgress({ what: 'x', bytes: 10 }, 0, 80), 'x  10 B  0 B/s')
  assert.equal(formatProgress(value, 1, 20).length, 19)
})

test('the rate is that of the last seconds, and starts anew when the bytes do', () => {
  const meter = new RateMeter()
  for (let second = 0; second <= 20; second++) meter.add(second * 1000, second < 10 ? 0 : (second - 10) * 1000)
  assert.equal(Math.round(meter.add(21_000, 11_000)), 1000)
  assert.equal(meter.add(22_000, 5), 0)
})

test('nothing is shown in the first two seconds, and nothing without a terminal', () => {
  let nowMs = 0
  const clock: Clock = { monotonicMs: () => nowMs, wallMs: () => nowMs, setTimer: () => ({ cancel() {} }), afterPoll() {} }
  const shown: string[] = []
  const onTerminal = new ProgressLine(clock, { isTerminal: true, columns: 80, write: (text) => void shown.push(text) })
  const onPipe = new ProgressLine(clock, { isTerminal: false, columns: 80, write: () => assert.fail('wrote to a pipe') })
  for (nowMs = 0; nowMs <= 3000; nowMs += 500) for (const line of [onTerminal, onPipe]) line.show({ what: 'x', bytes: nowMs })
  assert.equal(shown.length, 3)
  onTerminal.clear()
  onTerminal.clear()
  assert.equal(shown.at(-1), '\r\u001b[K')
  assert.equal(shown.length, 4)
})
