import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DumpRecord, RunId, RunRecord } from '../../catalog/contract.ts'
import { dumpId } from '../../catalog/ids.ts'
import { summaryOfRecords } from './last-run.ts'

const RUN = '20261123220906' as RunId
const RECORD: RunRecord = { id: RUN, startedMs: 0, endedMs: 9, status: 'done', reason: 'schedule' }

function dump(disk: string, more: Partial<DumpRecord>): DumpRecord {
  return { id: dumpId(RUN, 'h', disk, 0), run: RUN, host: 'h', disk, level: 0, status: 'complete', outcome: 'good', startedMs: 0, endedMs: 1, nativeBytes: 10, storedBytes: 5, attempts: 1, ...more }
}

test('what the catalog remembers of a run is counted as the run itself counted it', () => {
  const dumps = [
    dump('/taped', {}),
    dump('/strange', { outcome: 'strange', strangeLines: ['? odd'] }),
    dump('/held', { holdingPath: '/h/x', faultCode: 'no-volume', message: 'none' }),
    dump('/failed', { status: 'failed', outcome: 'failed', faultCode: 'agent-error', message: 'no', storedBytes: 0 }),
    dump('/partial', { status: 'partial', outcome: 'failed', holdingPath: '/h/y' }),
  ]
  const parts = ['/taped', '/strange'].map((disk) => ({ dump: dumpId(RUN, 'h', disk, 0), partNumber: 1, label: 'L', fileNumber: 1, bytes: 5 }))
  const summary = summaryOfRecords(RECORD, dumps, parts, '/log', ({ faultCode }) => (faultCode === undefined ? [] : [`c-${faultCode}`]))
  assert.deepEqual([summary.good, summary.strange, summary.failed, summary.partial, summary.taped, summary.leftOnHolding, summary.storedBytes], [2, 1, 1, 1, 2, 2, 20])
  assert.deepEqual(summary.dumps.map(({ doctorCodes }) => doctorCodes), [undefined, undefined, ['c-no-volume'], ['c-agent-error'], undefined])
  assert.deepEqual([summary.run, summary.endedMs, summary.logPath], [RUN, 9, '/log'])
})
