// What a client refuses, and why.

import type { FaultKind } from '../contract.ts'
import { authDiffers } from './access/auth-differs.ts'
import { portNotSecure } from './access/port-not-secure.ts'
import { reverseNameDiffers } from './access/reverse-name-differs.ts'
import { serviceNotEnabled } from './access/service-not-enabled.ts'
import { userNotAllowed } from './access/user-not-allowed.ts'

export const ACCESS_KINDS: readonly FaultKind[] = [authDiffers, portNotSecure, reverseNameDiffers, serviceNotEnabled, userNotAllowed]
