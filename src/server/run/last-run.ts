// The summary of a run from what the catalog remembers: what status shows as the last run after the server was started again. Pure.

import type { DumpId, DumpRecord, PartRecord, RunRecord } from '../../catalog/contract.ts'
import type { DumpProgress, RunSummary } from '../control/contract.ts'
import type { RunDoors } from './contract.ts'
import { summarise } from './run-summary.ts'

function progressOf(dump: DumpRecord, parts: readonly PartRecord[], codes: readonly string[]): DumpProgress {
  const { id, run, host, disk, level, attempts, nativeBytes, storedBytes, startedMs, endedMs, outcome, status, faultCode, message } = dump
  return {
    id, run, host, disk, level,
    // Why this level was chosen only its own server knew.
    reason: '',
    phase: 'done',
    attempt: attempts,
    bytes: nativeBytes,
    durableBytes: nativeBytes,
    bytesPerSecond: 0,
    tapedBytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    storedBytes,
    startedMs,
    ...(endedMs === undefined ? {} : { endedMs }),
    to: dump.manifest !== undefined ? 'vault' : dump.holdingPath === undefined ? 'volume' : 'holding',
    ...(dump.manifest === undefined ? {} : { sentBytes: storedBytes }),
    ...(dump.readBytes === undefined ? {} : { readBytes: dump.readBytes }),
    ...(dump.unchangedBytes === undefined ? {} : { unchangedBytes: dump.unchangedBytes }),
    link: { state: 'none', cuts: 0, resumes: 0, bytesResent: 0 },
    ...(outcome === undefined ? {} : { outcome }),
    status,
    ...(faultCode === undefined ? {} : { faultCode }),
    ...(message === undefined ? {} : { message }),
    ...(codes.length === 0 ? {} : { doctorCodes: codes }),
  }
}

/** `parts` of those dumps. */
export function summaryOfRecords(run: RunRecord, dumps: readonly DumpRecord[], parts: readonly PartRecord[], logPath: string, codesOf: NonNullable<RunDoors['codesOf']>): RunSummary {
  const byDump = Map.groupBy(parts, ({ dump }): DumpId => dump)
  const rows = dumps.map((dump) => progressOf(dump, byDump.get(dump.id) ?? [], codesOf(dump)))
  return summarise(run, rows, rows.filter(({ tapedBytes }) => tapedBytes > 0).length, logPath)
}
