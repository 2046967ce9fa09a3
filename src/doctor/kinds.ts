// Every fault the doctor knows, by where it happens.

import type { FaultKind } from './contract.ts'
import { ACCESS_KINDS } from './kinds/access-kinds.ts'
import { ARCHIVER_KINDS } from './kinds/archiver-kinds.ts'
import { CLIENT_KINDS } from './kinds/client-kinds.ts'
import { DUMP_KINDS } from './kinds/dump-kinds.ts'
import { ESTIMATE_KINDS } from './kinds/estimate-kinds.ts'
import { HOLDFAST_KINDS } from './kinds/holdfast-kinds.ts'
import { HOLDING_KINDS } from './kinds/holding-kinds.ts'
import { NETWORK_KINDS } from './kinds/network-kinds.ts'
import { PATH_KINDS } from './kinds/path-kinds.ts'
import { RECOVERY_KINDS } from './kinds/recovery-kinds.ts'
import { SERVER_KINDS } from './kinds/server-kinds.ts'
import { SETUP_KINDS } from './kinds/setup-kinds.ts'
import { SSH_KINDS } from './kinds/ssh-kinds.ts'
import { TLS_KINDS } from './kinds/tls-kinds.ts'
import { VAULT_KINDS } from './kinds/vault-kinds.ts'
import { VOLUME_KINDS } from './kinds/volume-kinds.ts'
import type { PathKind } from './path/path-kind.ts'

export type AnyKind = FaultKind | PathKind

/** Those that a line of a log, or a finding of a check, can be of. */
export const FAULT_KINDS: readonly FaultKind[] = [
  ...NETWORK_KINDS,
  ...ACCESS_KINDS,
  ...SSH_KINDS,
  ...TLS_KINDS,
  ...CLIENT_KINDS,
  ...ARCHIVER_KINDS,
  ...DUMP_KINDS,
  ...ESTIMATE_KINDS,
  ...VOLUME_KINDS,
  ...HOLDING_KINDS,
  ...SERVER_KINDS,
  ...RECOVERY_KINDS,
  ...SETUP_KINDS,
  ...HOLDFAST_KINDS,
  ...VAULT_KINDS,
]

/** … and what is found by measuring. */
export const ALL_KINDS: readonly AnyKind[] = [...FAULT_KINDS, ...PATH_KINDS]
