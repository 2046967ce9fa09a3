// What is wrong with programs and directories of Amanda on the client.

import type { FaultKind } from '../contract.ts'
import { amandatesUnusable } from './client/amandates-unusable.ts'
import { applicationIncapable } from './client/application-incapable.ts'
import { applicationMissing } from './client/application-missing.ts'
import { applicationPropertyWrong } from './client/application-property-wrong.ts'
import { clientDiskFull } from './client/client-disk-full.ts'
import { clientOutOfMemory } from './client/client-out-of-memory.ts'
import { clientTooOld } from './client/client-too-old.ts'
import { databaseNotReady } from './client/database-not-ready.ts'
import { debugDirectoryUnusable } from './client/debug-directory-unusable.ts'
import { encryptionKeyMissing } from './client/encryption-key-missing.ts'
import { excludeListMissing } from './client/exclude-list-missing.ts'
import { filterMissing } from './client/filter-missing.ts'
import { programNotAllowed } from './client/program-not-allowed.ts'
import { programNotSetuid } from './client/program-not-setuid.ts'
import { sambaPasswordMissing } from './client/samba-password-missing.ts'
import { scriptFailed } from './client/script-failed.ts'
import { scriptMissing } from './client/script-missing.ts'
import { serviceDied } from './client/service-died.ts'
import { snapshotDirectoryUnusable } from './client/snapshot-directory-unusable.ts'

export const CLIENT_KINDS: readonly FaultKind[] = [
  amandatesUnusable,
  applicationIncapable,
  applicationMissing,
  applicationPropertyWrong,
  clientDiskFull,
  clientOutOfMemory,
  clientTooOld,
  databaseNotReady,
  debugDirectoryUnusable,
  encryptionKeyMissing,
  excludeListMissing,
  filterMissing,
  programNotAllowed,
  programNotSetuid,
  sambaPasswordMissing,
  scriptFailed,
  scriptMissing,
  serviceDied,
  snapshotDirectoryUnusable,
]
