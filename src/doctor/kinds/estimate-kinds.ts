// What goes wrong before a dump: how large will it be.

import type { FaultKind } from '../contract.ts'
import { estimateFailed } from './estimate/estimate-failed.ts'

export const ESTIMATE_KINDS: readonly FaultKind[] = [estimateFailed]
