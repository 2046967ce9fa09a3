// The holding disk, and what is left on it.

import type { FaultKind } from '../contract.ts'
import { dumpsLeftOnHolding } from './holding/dumps-left-on-holding.ts'
import { holdingDiskFull } from './holding/holding-disk-full.ts'
import { holdingFileDamaged } from './holding/holding-file-damaged.ts'
import { holdingNotUsable } from './holding/holding-not-usable.ts'
import { holdingRequiredNoRoom } from './holding/holding-required-no-room.ts'
import { holdingSmallerThanUse } from './holding/holding-smaller-than-use.ts'

export const HOLDING_KINDS: readonly FaultKind[] = [
  dumpsLeftOnHolding,
  holdingDiskFull,
  holdingFileDamaged,
  holdingNotUsable,
  holdingRequiredNoRoom,
  holdingSmallerThanUse,
]
