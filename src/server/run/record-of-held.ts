// The row of a dump on the holding disk that the catalog does not know. Pure.

import type { DumpId, DumpRecord } from '../../catalog/contract.ts'
import { runId } from '../../catalog/ids.ts'
import type { HeldDump } from '../../storage/holding/contract.ts'

/** A row for a dump that the catalog does not know, from its header. */
export function recordOfHeld(held: HeldDump, id: DumpId, nowMs: number): DumpRecord {
  const { header } = held
  return {
    id,
    run: runId(header.datestamp),
    host: header.host,
    disk: header.disk,
    level: header.level,
    status: header.isPartial ? 'partial' : 'complete',
    outcome: header.isPartial ? 'failed' : 'good',
    startedMs: nowMs,
    endedMs: nowMs,
    nativeBytes: header.originalKib * 1024,
    storedBytes: held.bytes,
    ...(header.nativeCrc === undefined ? {} : { nativeCrc: header.nativeCrc }),
    ...(header.clientCrc === undefined ? {} : { clientCrc: header.clientCrc }),
    ...(header.serverCrc === undefined ? {} : { serverCrc: header.serverCrc }),
    holdingPath: held.path,
    attempts: 1,
  }
}
