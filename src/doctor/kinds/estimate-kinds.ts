// What goes wrong before a dump: how large will it be.

import type { FaultKind } from '../contract.ts'
import { calcsizeFailed } from './estimate/calcsize-failed.ts'
import { diskEmpty } from './estimate/disk-empty.ts'
import { estimateFailed } from './estimate/estimate-failed.ts'
import { estimateFarOff } from './estimate/estimate-far-off.ts'
import { estimateGarbled } from './estimate/estimate-garbled.ts'
import { estimateMissing } from './estimate/estimate-missing.ts'
import { estimateTimedOut } from './estimate/estimate-timed-out.ts'
import { estimateWithoutSize } from './estimate/estimate-without-size.ts'

export const ESTIMATE_KINDS: readonly FaultKind[] = [
  calcsizeFailed,
  diskEmpty,
  estimateFailed,
  estimateFarOff,
  estimateGarbled,
  estimateMissing,
  estimateTimedOut,
  estimateWithoutSize,
]
