// What a run came to, in numbers. Pure.

import type { RunRecord } from '../../catalog/contract.ts'
import type { DumpProgress, RunSummary } from '../control/contract.ts'

export function summarise(run: RunRecord, dumps: readonly DumpProgress[], taped: number, logPath: string): RunSummary {
  const ofRun = dumps.filter((dump) => dump.run === run.id)
  const count = (of: (dump: DumpProgress) => boolean): number => ofRun.filter(of).length
  return {
    run: run.id,
    reason: run.reason,
    startedMs: run.startedMs,
    endedMs: run.endedMs ?? run.startedMs,
    good: count((dump) => dump.status === 'complete' && dump.outcome === 'good'),
    strange: count((dump) => dump.status === 'complete' && dump.outcome === 'strange'),
    failed: count((dump) => dump.status === 'failed'),
    partial: count((dump) => dump.status === 'partial'),
    taped,
    leftOnHolding: dumps.filter((dump) => dump.status !== 'failed' && dump.to === 'holding' && dump.tapedBytes === 0).length,
    inVault: count((dump) => dump.status === 'complete' && dump.to === 'vault'),
    storedBytes: ofRun.reduce((sum, dump) => sum + (dump.storedBytes ?? 0), 0),
    dumps,
    logPath,
  }
}
