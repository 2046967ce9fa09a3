// What a client refuses, and why.

import type { FaultKind } from '../contract.ts'
import { accessFileMissing } from './access/access-file-missing.ts'
import { accessFileRights } from './access/access-file-rights.ts'
import { amandadWrongUser } from './access/amandad-wrong-user.ts'
import { authDiffers } from './access/auth-differs.ts'
import { authUnknown } from './access/auth-unknown.ts'
import { localAuthForRemote } from './access/local-auth-for-remote.ts'
import { peerTooOld } from './access/peer-too-old.ts'
import { portNotSecure } from './access/port-not-secure.ts'
import { refusalUnreadable } from './access/refusal-unreadable.ts'
import { reverseNameDiffers } from './access/reverse-name-differs.ts'
import { reverseNameMissing } from './access/reverse-name-missing.ts'
import { serviceNotEnabled } from './access/service-not-enabled.ts'
import { serviceProgramDenied } from './access/service-program-denied.ts'
import { serviceWordUnknown } from './access/service-word-unknown.ts'
import { userNotAllowed } from './access/user-not-allowed.ts'

export const ACCESS_KINDS: readonly FaultKind[] = [
  accessFileMissing,
  accessFileRights,
  amandadWrongUser,
  authDiffers,
  authUnknown,
  localAuthForRemote,
  peerTooOld,
  portNotSecure,
  refusalUnreadable,
  reverseNameDiffers,
  reverseNameMissing,
  serviceNotEnabled,
  serviceProgramDenied,
  serviceWordUnknown,
  userNotAllowed,
]
