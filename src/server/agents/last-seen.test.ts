import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HostRecord } from '../../catalog/contract.ts'
import { silentLog } from '../../kernel/log.ts'
import { VirtualTime } from '../../../sim/virtual-time.ts'
import { systemClock, type Clock } from '../../kernel/clock.ts'
import { LastSeen } from './last-seen.ts'

function world(): { time: VirtualTime; clock: Clock; rows: Map<string, HostRecord>; catalog: { hosts(): Promise<HostRecord[]>; putHost(row: HostRecord): Promise<void> } } {
  const time = new VirtualTime()
  const rows = new Map<string, HostRecord>([['old', { host: 'old', keyFingerprints: [], lastSeenMs: 5 }]])
  const clock: Clock = {
    monotonicMs: () => time.nowMs,
    wallMs: () => time.nowMs,
    setTimer: (delayMs, action) => {
      let isCancelled = false
      time.at(time.nowMs + delayMs, () => {
        if (!isCancelled) action()
      })
      return { cancel: () => void (isCancelled = true) }
    },
    afterPoll: (action) => time.at(time.nowMs, action),
  }
  return { time, clock, rows, catalog: { hosts: () => Promise.resolve([...rows.values()]), putHost: (row) => Promise.resolve(void rows.set(row.host, row)) } }
}

test('who was seen is known to the next server: noted while connected, at the stop, and not lost by a kill', async () => {
  const { time, clock, rows, catalog } = world()
  const first = await LastSeen.open(clock, catalog, silentLog)
  assert.deepEqual([first.of('old'), first.of('new')], [5, undefined])
  const agents = [{ host: 'new', isConnected: true, keyFingerprints: ['k'], get lastSeenMs() { return time.nowMs } }, { host: 'never', isConnected: false, keyFingerprints: [] }]
  const keeping = first.keep(() => agents)
  time.runUntil(400_000)
  await new Promise<void>((resolve) => systemClock.afterPoll(resolve))
  // Killed here, the next process would still know this:
  assert.equal((await LastSeen.open(clock, catalog, silentLog)).of('new'), 400_000)
  time.nowMs = 450_000
  await keeping[Symbol.asyncDispose]()
  assert.deepEqual(rows.get('new'), { host: 'new', keyFingerprints: ['k'], lastSeenMs: 450_000 })
  assert.deepEqual([rows.has('never'), rows.get('old')?.lastSeenMs], [false, 5])
})

test('a catalog that cannot be written stops nobody', async () => {
  const { clock } = world()
  const seen = await LastSeen.open(clock, { hosts: () => Promise.resolve([]), putHost: () => Promise.reject(new Error('full')) }, silentLog)
  await seen.keep(() => [{ host: 'a', isConnected: true, keyFingerprints: [], lastSeenMs: 1 }])[Symbol.asyncDispose]()
  assert.equal(seen.of('a'), undefined)
})
