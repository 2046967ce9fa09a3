import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DumpId, RunId } from '../../catalog/contract.ts'
import type { DumpProgress, RunSummary, StatusSnapshot } from '../../server/control/contract.ts'
import { formatEvent } from './event-text.ts'
import { dumpState, formatStatus } from './status-text.ts'

const RUN = '20261123220906' as RunId
const MIB = 1024 ** 2

function progress(more: Partial<DumpProgress> = {}): DumpProgress {
  return { id: 'x' as DumpId, run: RUN, host: 'laptop', disk: '/home', level: 0, reason: 'new disk', phase: 'dumping', attempt: 1, bytes: 30 * MIB, durableBytes: 0, estimatedBytes: 100 * MIB, bytesPerSecond: 10 * MIB, tapedBytes: 0, link: { state: 'up', cuts: 0, resumes: 0, bytesResent: 0 }, ...more }
}

const SNAPSHOT: StatusSnapshot = {
  name: 'home',
  version: '0.1.0',
  startedMs: 0,
  nowMs: 3_600_000,
  isStopping: false,
  queue: [],
  holding: { freeBytes: 2048 * MIB, dumps: 1, heldBytes: 30 * MIB },
  volumes: [{ label: 'home-0001', slot: '1', bytes: 0, isReusable: false, isLoaded: true }],
  agents: [{ host: 'laptop', isConnected: false, keyFingerprints: [], lastSeenMs: 3_540_000, cuts: 3, resumes: 3, bytesResent: MIB }],
}

test('a dump says what it does, how fast, how long still, and that a cut is a pause', () => {
  assert.equal(dumpState(progress(), 0), 'dumping (30 %) 10 MiB/s, ETA 7 s')
  assert.equal(dumpState(progress({ link: { state: 'down', cuts: 2, resumes: 1, bytesResent: 0, downSinceMs: 1000 } }), 6000), 'dumping (30 %) 10 MiB/s, ETA 7 s; link down for 5 s, waiting for it; 2 cuts, 1 resumed')
  assert.equal(dumpState(progress({ phase: 'waiting', waitReason: 'host-busy' }), 0), 'waiting: another dump of the host goes first')
  assert.equal(dumpState(progress({ phase: 'done', status: 'failed', message: 'no agent' }), 0), 'failed: no agent')
  assert.equal(dumpState(progress({ phase: 'done', status: 'complete', outcome: 'strange', tapedBytes: 1 }), 0), 'strange, dump done, written')
})

test('a status shows the run, the disks, the volumes and the agents', () => {
  const text = formatStatus({ ...SNAPSHOT, current: { run: { id: RUN, startedMs: 3_000_000, status: 'running', reason: 'manual' }, phase: 'dumping', dumps: [progress()] } })
  assert.equal(
    text,
    `home: server 0.1.0, up 1 h

Run 2026-11-23 22:09:06 (manual), dumping, since 10 min
DLE           L    SIZE  STATE
laptop:/home  0  30 MiB  dumping (30 %) 10 MiB/s, ETA 7 s
Holding disk: 1 dumps, 30 MiB held, 2 GiB free
Volumes: 1 labelled, 0 may be reused, home-0001 is being written

AGENT   STATE                 RTT  CUTS  SENT AGAIN  VERSION
laptop  away, seen 1 min ago          3       1 MiB
`,
  )
  assert.match(formatStatus(SNAPSHOT), /No run yet/)
})

test('events are one line each, and progress has none', () => {
  assert.equal(formatEvent({ kind: 'dump-progress', atMs: 0, dump: progress() }), undefined)
  assert.equal(formatEvent({ kind: 'link-down', atMs: 0, host: 'a', reason: 'reset\nby peer', idleMs: 12_000 }), String.raw`a: link lost (reset\nby peer) after 12 s without traffic; its dumps wait` + '\n')
  assert.equal(formatEvent({ kind: 'link-up', atMs: 0, host: 'a', resumed: true, bytesResent: 2048, downMs: 800 }), 'a: link back after 800 ms, resumed, 2 KiB sent again\n')
  assert.equal(formatEvent({ kind: 'dump-ended', atMs: 0, dump: progress({ status: 'complete', startedMs: 0, endedMs: 3000, link: { state: 'up', cuts: 4, resumes: 4, bytesResent: 1 } }) }), 'laptop:/home level 0: done, 30 MiB, 10 MiB/s, 4 cuts survived\n')
})

test('what failed carries its code in status and events, and what to do once for all', () => {
  const failed = progress({ phase: 'done', status: 'failed', message: 'no agent', doctorCodes: ['agent-not-connected'] })
  assert.equal(formatEvent({ kind: 'dump-ended', atMs: 0, dump: failed }), 'laptop:/home level 0: FAILED: no agent [agent-not-connected]\n')
  const summary: RunSummary = { run: RUN, reason: 'manual', startedMs: 0, endedMs: 1, good: 0, strange: 0, failed: 2, partial: 0, taped: 0, leftOnHolding: 0, inVault: 0, storedBytes: 0, dumps: [failed, { ...failed, disk: '/etc' }], logPath: '/l' }
  const notes = `  laptop:/home, laptop:/etc
    [agent-not-connected] Start the agent on the host and let it reach the port
      of the server; \`holdfast agents list\` shows when it was last seen.
  \`holdfast doctor explain CODE\` says more about a code in brackets.
`
  assert.ok(formatEvent({ kind: 'run-ended', atMs: 0, summary })?.endsWith(`0 on the holding disk\n${notes}`))
  assert.ok(formatStatus({ ...SNAPSHOT, lastRun: summary }).includes(notes))
  assert.ok(formatStatus({ ...SNAPSHOT, current: { run: { id: RUN, startedMs: 0, status: 'running', reason: 'manual' }, phase: 'dumping', dumps: [failed] } }).includes('[agent-not-connected]'))
})

test('status tells of a mail that failed, and how to try it again', () => {
  const mail = { run: RUN, atMs: 0 } as const
  assert.match(formatStatus({ ...SNAPSHOT, lastMail: { ...mail, status: 'sent' } }), /The report of run 2026-11-23 22:09:06 was mailed\n/)
  assert.match(formatStatus({ ...SNAPSHOT, lastMail: { ...mail, status: 'failed', message: 'refused' } }), /could not be mailed: refused\n {4}\[report-not-mailed\] /)
  assert.equal(formatEvent({ kind: 'report-mailed', atMs: 0, mail: { ...mail, status: 'not-wanted' } }), undefined)
})
