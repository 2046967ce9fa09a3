// What checks of a set-up find: machines, agents, configuration, volumes. `holdfast check` and `holdfast doctor host|config|storage`.

import type { FaultKind } from '../contract.ts'
import { agentNotSeen } from './setup/agent-not-seen.ts'
import { agentSelfcheck } from './setup/agent-selfcheck.ts'
import { agentVersionOther } from './setup/agent-version-other.ts'
import { clockSkew } from './setup/clock-skew.ts'
import { clockUnsynchronised } from './setup/clock-unsynchronised.ts'
import { configWarning } from './setup/config-warning.ts'
import { directoryMissing } from './setup/directory-missing.ts'
import { directoryOpen } from './setup/directory-open.ts'
import { directoryReadOnly } from './setup/directory-read-only.ts'
import { diskFailing } from './setup/disk-failing.ts'
import { diskNeverDumped } from './setup/disk-never-dumped.ts'
import { diskOverdue } from './setup/disk-overdue.ts'
import { disklistEmpty } from './setup/disklist-empty.ts'
import { disksOverlap } from './setup/disks-overlap.ts'
import { dumpUnverified } from './setup/dump-unverified.ts'
import { dumptypeUnused } from './setup/dumptype-unused.ts'
import { estimateOff } from './setup/estimate-off.ts'
import { fullOverdue } from './setup/full-overdue.ts'
import { fullsCrowded } from './setup/fulls-crowded.ts'
import { holdingLeftover } from './setup/holding-leftover.ts'
import { holdingSmall } from './setup/holding-small.ts'
import { holdingWaits } from './setup/holding-waits.ts'
import { inodesLow } from './setup/inodes-low.ts'
import { keepUnderCycle } from './setup/keep-under-cycle.ts'
import { keepaliveLate } from './setup/keepalive-late.ts'
import { keyFileOpen } from './setup/key-file-open.ts'
import { keyOld } from './setup/key-old.ts'
import { keyRenewalWaits } from './setup/key-renewal-waits.ts'
import { keyRevoked } from './setup/key-revoked.ts'
import { listMissing } from './setup/list-missing.ts'
import { memoryShort } from './setup/memory-short.ts'
import { nodeOld } from './setup/node-old.ts'
import { openFilesLow } from './setup/open-files-low.ts'
import { partMissing } from './setup/part-missing.ts'
import { partUnlisted } from './setup/part-unlisted.ts'
import { partWrong } from './setup/part-wrong.ts'
import { scheduleMissing } from './setup/schedule-missing.ts'
import { slotsFew } from './setup/slots-few.ts'
import { spaceLow } from './setup/space-low.ts'
import { storageSmall } from './setup/storage-small.ts'
import { tapelistDiffers } from './setup/tapelist-differs.ts'
import { tarLimited } from './setup/tar-limited.ts'
import { tarUnusable } from './setup/tar-unusable.ts'
import { volumeIdle } from './setup/volume-idle.ts'
import { volumeNext } from './setup/volume-next.ts'
import { volumeOnlyFull } from './setup/volume-only-full.ts'
import { volumesFew } from './setup/volumes-few.ts'

export const SETUP_KINDS: readonly FaultKind[] = [
  agentNotSeen,
  agentSelfcheck,
  agentVersionOther,
  clockSkew,
  clockUnsynchronised,
  configWarning,
  directoryMissing,
  directoryOpen,
  directoryReadOnly,
  diskFailing,
  diskNeverDumped,
  diskOverdue,
  disklistEmpty,
  disksOverlap,
  dumpUnverified,
  dumptypeUnused,
  estimateOff,
  fullOverdue,
  fullsCrowded,
  holdingLeftover,
  holdingSmall,
  holdingWaits,
  inodesLow,
  keepUnderCycle,
  keepaliveLate,
  keyFileOpen,
  keyOld,
  keyRenewalWaits,
  keyRevoked,
  listMissing,
  memoryShort,
  nodeOld,
  openFilesLow,
  partMissing,
  partUnlisted,
  partWrong,
  scheduleMissing,
  slotsFew,
  spaceLow,
  storageSmall,
  tapelistDiffers,
  tarLimited,
  tarUnusable,
  volumeIdle,
  volumeNext,
  volumeOnlyFull,
  volumesFew,
]
