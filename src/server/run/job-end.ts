// How the end of a dump in the driver shows on the board and in its row. Pure.

import type { DumpRecord } from '../../catalog/contract.ts'
import type { DumpProgress } from '../control/contract.ts'
import type { DumpReport } from '../dumper/contract.ts'
import type { JobEnd } from '../driver/driver-state.ts'

export function endOf(end: JobEnd, record: DumpRecord, nowMs: number): Partial<DumpProgress> {
  const isPartial = end.kind !== 'failed' && end.kind !== 'stored' && end.isPartial
  const fault = end.kind === 'stored' ? undefined : end.fault
  return {
    phase: 'done',
    endedMs: nowMs,
    storedBytes: end.kind === 'failed' ? 0 : record.storedBytes,
    outcome: record.outcome ?? (end.kind === 'failed' || isPartial ? 'failed' : 'good'),
    status: end.kind === 'failed' ? 'failed' : isPartial ? 'partial' : 'complete',
    // Parts of a dump that did not end there count for nothing.
    ...(end.kind === 'held' ? { tapedBytes: 0 } : {}),
    ...(end.kind === 'held' && end.note !== undefined ? { message: end.note } : {}),
    ...(fault === undefined ? {} : { faultCode: fault.code, message: fault.message }),
  }
}

/** The row of a dump that is to be written to a volume: why a whole one stayed on the holding disk before is over when it is there. */
export function withoutWaiting(record: DumpRecord): DumpRecord {
  if (record.status !== 'complete') return record
  const { faultCode: _faultCode, message: _message, ...kept } = record
  return kept
}

/** Where a good dump is, for its row. */
export function placeOf(report: Exclude<DumpReport, { kind: 'failed' }>): Partial<DumpRecord> {
  if (report.held !== undefined) return { holdingPath: report.held.path }
  if (report.manifest === undefined) return {}
  const { readBytes, unchangedBytes } = report.counts
  return { manifest: report.manifest, ...(readBytes === undefined ? {} : { readBytes }), ...(unchangedBytes === undefined ? {} : { unchangedBytes }) }
}
