// The vault: what of it is damaged, locked, missing or refused.

import type { FaultKind } from '../contract.ts'
import { vaultBlockFalse } from './vault/vault-block-false.ts'
import { vaultDamaged } from './vault/vault-damaged.ts'
import { vaultKeyWrong } from './vault/vault-key-wrong.ts'
import { vaultLocked } from './vault/vault-locked.ts'
import { vaultMissing } from './vault/vault-missing.ts'
import { vaultNewer } from './vault/vault-newer.ts'
import { vaultRefused } from './vault/vault-refused.ts'
import { vaultRolledBack } from './vault/vault-rolled-back.ts'

export const VAULT_KINDS: readonly FaultKind[] = [
  vaultBlockFalse,
  vaultDamaged,
  vaultKeyWrong,
  vaultLocked,
  vaultMissing,
  vaultNewer,
  vaultRefused,
  vaultRolledBack,
]
