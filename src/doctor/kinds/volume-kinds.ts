// Volumes, the holding disk, and retention.

import type { FaultKind } from '../contract.ts'
import { noAcceptableVolume } from './volume/no-acceptable-volume.ts'
import { retentionTooShort } from './volume/retention-too-short.ts'
import { skippedDegraded } from './volume/skipped-degraded.ts'

export const VOLUME_KINDS: readonly FaultKind[] = [noAcceptableVolume, retentionTooShort, skippedDegraded]
