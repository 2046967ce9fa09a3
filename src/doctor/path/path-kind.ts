// How a fault of a path is described: as one of logs, but found by measuring and not in lines.

import type { FaultKind } from '../contract.ts'

export interface PathKind extends Omit<FaultKind, 'words' | 'patterns' | 'samples' | 'followsFrom' | 'faultCodes'> {
  /** How `holdfast doctor path` finds it. */
  readonly measured: string
}
