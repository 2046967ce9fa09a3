// Every fault the doctor knows, the ones that bring others with them first.

import type { FaultKind } from './contract.ts'
import { archiverFailed } from './kinds/archiver-failed.ts'
import { authDiffers } from './kinds/auth-differs.ts'
import { chunkerCancelled } from './kinds/chunker-cancelled.ts'
import { clientEndedEarly } from './kinds/client-ended-early.ts'
import { clientPipeBroken } from './kinds/client-pipe-broken.ts'
import { configWrong } from './kinds/config-wrong.ts'
import { connectRefused } from './kinds/connect-refused.ts'
import { connectTimedOut } from './kinds/connect-timed-out.ts'
import { connectionEndedEarly } from './kinds/connection-ended-early.ts'
import { dataTimeout } from './kinds/data-timeout.ts'
import { diskMissing } from './kinds/disk-missing.ts'
import { estimateFailed } from './kinds/estimate-failed.ts'
import { idleConnectionCut } from './kinds/idle-connection-cut.ts'
import { nameNotFound } from './kinds/name-not-found.ts'
import { noAcceptableVolume } from './kinds/no-acceptable-volume.ts'
import { noAcknowledgement } from './kinds/no-acknowledgement.ts'
import { noReply } from './kinds/no-reply.ts'
import { portNotSecure } from './kinds/port-not-secure.ts'
import { programKilled } from './kinds/program-killed.ts'
import { retentionTooShort } from './kinds/retention-too-short.ts'
import { reverseNameDiffers } from './kinds/reverse-name-differs.ts'
import { serviceNotEnabled } from './kinds/service-not-enabled.ts'
import { skippedDegraded } from './kinds/skipped-degraded.ts'
import { userNotAllowed } from './kinds/user-not-allowed.ts'

export const FAULT_KINDS: readonly FaultKind[] = [
  idleConnectionCut,
  clientPipeBroken,
  chunkerCancelled,
  noAcknowledgement,
  noReply,
  dataTimeout,
  connectTimedOut,
  connectRefused,
  nameNotFound,
  reverseNameDiffers,
  userNotAllowed,
  portNotSecure,
  serviceNotEnabled,
  authDiffers,
  connectionEndedEarly,
  clientEndedEarly,
  archiverFailed,
  programKilled,
  estimateFailed,
  configWrong,
  noAcceptableVolume,
  skippedDegraded,
  diskMissing,
  retentionTooShort,
]
