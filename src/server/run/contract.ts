// What a run is given: its order, and the doors to everything it works with.

import type { Catalog, DumpRecord, RunId, RunRecord } from '../../catalog/contract.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import type { EventSink } from '../../kernel/log.ts'
import type { DumpSelection, ForcedLevel, LinkStatus, ServerEvent } from '../control/contract.ts'
import type { JobTransition } from '../driver/driver-draft.ts'
import type { DriverState } from '../driver/driver-state.ts'
import type { DumperDoors } from '../dumper/contract.ts'
import type { Planner } from '../planner/contract.ts'
import type { EstimateDoors } from '../planner/estimates.ts'
import type { RunLog, Taper, TaperEvent } from '../taper/contract.ts'
import type { RunScribe } from './run-scribe.ts'

export interface RunDoors extends Omit<DumperDoors, 'taper'>, Pick<EstimateDoors, 'levelsOf'> {
  readonly config: ResolvedConfig
  readonly catalog: Catalog
  readonly planner: Planner
  readonly openRunLog: (run: RunId) => Promise<RunLog>
  /** A taper for one run; it is disposed of when the run ends. */
  readonly openTaper: (run: RunId, runLog: RunLog, onEvent: (event: TaperEvent) => void) => Taper
  readonly linkOf: (host: string) => LinkStatus
  readonly events: EventSink<ServerEvent>
  readonly pid: number
  readonly userId?: number | undefined
  /** The doctor's codes of a dump that failed, is partial or was strange. */
  readonly codesOf?: (dump: Pick<DumpRecord, 'faultCode' | 'message' | 'strangeLines'>) => readonly string[]
  /** After every step of the driver, for whoever traces it. */
  readonly onDriverState?: (state: DriverState) => void
  readonly onJobTransition?: (transition: JobTransition) => void
  /** Keeps other records of the run. */
  readonly scribe?: RunScribe
}

export interface RunOrder {
  readonly run: RunId
  readonly reason: RunRecord['reason']
  readonly kind: 'dump' | 'flush'
  readonly selection: readonly DumpSelection[]
  readonly level?: ForcedLevel
}
