import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dumpId, runId } from '../catalog/ids.ts'
import type { DumpProgress, RunSummary } from '../server/control/contract.ts'
import { summarise } from '../server/run/run-summary.ts'
import { summaryExitCode } from './watch-run.ts'

const RUN = runId('20261126020000')

function dumpThat(changes: Partial<DumpProgress>): DumpProgress {
  return {
    id: dumpId(RUN, 'client', '/home', 0), run: RUN, host: 'client', disk: '/home', level: 0, reason: 'first dump', phase: 'done', attempt: 1, bytes: 100, durableBytes: 100, bytesPerSecond: 0, tapedBytes: 100, to: 'holding',
    link: { state: 'up', sinceMs: 0, lostCount: 0, resentBytes: 0, lostMs: 0 }, outcome: 'good', status: 'complete', ...changes,
  } as DumpProgress
}

function summaryOf(...dumps: readonly Partial<DumpProgress>[]): RunSummary {
  return summarise({ id: RUN, startedMs: 0, endedMs: 1, status: 'done', reason: 'manual' }, dumps.map(dumpThat), 0, '/log')
}

const cases: readonly (readonly [string, Partial<DumpProgress>, number])[] = [
  ['is on a volume', {}, 0],
  ['was tried twice', { faultCode: 'connection-lost' }, 0],
  ['is strange', { outcome: 'strange' }, 2],
  ['failed', { outcome: 'failed', status: 'failed', faultCode: 'agent-error' }, 4],
  ['is partial', { outcome: 'failed', status: 'partial', faultCode: 'connection-lost' }, 4],
  ['was damaged on the holding disk', { tapedBytes: 0, faultCode: 'holding-damaged' }, 4],
  ['has not ended', { phase: 'dumping', tapedBytes: 0 }, 8],
  ['found no volume', { tapedBytes: 0, faultCode: 'no-volume' }, 16],
  ['found a volume that cannot be written', { tapedBytes: 0, faultCode: 'disk-error' }, 16],
  ['stays on the holding disk because the operator stopped the run', { tapedBytes: 0, faultCode: 'cancelled' }, 0],
]

for (const [what, changes, code] of cases) test(`a run whose dump ${what} ends with ${code}`, () => assert.equal(summaryExitCode(summaryOf(changes)), code))

test('a run with a strange dump and a failed one ends with 6', () => {
  assert.equal(summaryExitCode(summaryOf({ outcome: 'strange' }, { outcome: 'failed', status: 'failed' })), 6)
})
