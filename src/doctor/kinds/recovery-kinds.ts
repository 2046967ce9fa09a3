// Restoring: indexes, volumes that are read again, targets.

import type { FaultKind } from '../contract.ts'
import { indexDamaged } from './recovery/index-damaged.ts'
import { indexMissing } from './recovery/index-missing.ts'
import { recoveryCrcMismatch } from './recovery/recovery-crc-mismatch.ts'
import { recoveryDumpTruncated } from './recovery/recovery-dump-truncated.ts'
import { recoveryHeaderMismatch } from './recovery/recovery-header-mismatch.ts'
import { recoveryHostUnknown } from './recovery/recovery-host-unknown.ts'
import { recoveryNoDump } from './recovery/recovery-no-dump.ts'
import { recoveryTargetNotWritable } from './recovery/recovery-target-not-writable.ts'
import { recoveryVolumeMissing } from './recovery/recovery-volume-missing.ts'

export const RECOVERY_KINDS: readonly FaultKind[] = [
  indexDamaged,
  indexMissing,
  recoveryCrcMismatch,
  recoveryDumpTruncated,
  recoveryHeaderMismatch,
  recoveryHostUnknown,
  recoveryNoDump,
  recoveryTargetNotWritable,
  recoveryVolumeMissing,
]
