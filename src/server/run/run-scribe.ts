// Whoever writes down what happens in a run beside the catalog, the moment it is so: the records and the trace of an Amanda configuration. What it cannot write is its own
// fault to tell; a dump that is whole stays whole.

import type { DumpId, DumpRecord } from '../../catalog/contract.ts'
import type { DiskListEntry } from '../../config/resolved.ts'
import type { DumpReport } from '../dumper/contract.ts'
import type { Place } from '../driver/driver-state.ts'
import type { Plan } from '../planner/contract.ts'
import type { RunLog, TapeOutcome } from '../taper/contract.ts'

/** A dump of this run, whatever attempt. */
export interface ScribedDump {
  readonly id: DumpId
  readonly entry: DiskListEntry
  readonly record: DumpRecord
  readonly to: Place
}

export interface RunScribe {
  /** Sizes are known and levels chosen. */
  planned(plan: Plan, runLog: RunLog): Promise<void>
  /** Dumps begin now; `flushBytes` of earlier runs wait on the holding disks. */
  driving(flushBytes: number, runLog: RunLog): Promise<void>
  dumpStarted(dump: ScribedDump): void
  /** Its lines are in the run log, and it is not in the catalog yet. */
  dumpEnded(dump: ScribedDump, report: DumpReport, seconds: number, runLog: RunLog): Promise<void>
  /** It goes from the holding disk to a volume, perhaps a dump of an earlier run. */
  tapeStarted(record: DumpRecord, path: string): void
  tapeEnded(record: DumpRecord, outcome: TapeOutcome): Promise<void>
  /** Another attempt follows. */
  retried(record: DumpRecord): void
  /** The last volume is closed. */
  ended(runLog: RunLog): Promise<void>
}
