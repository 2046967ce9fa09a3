// The worlds that `npm run sim` knows.

import type { SimWorld } from './world.ts'
import { backupWorld, powercutWorld } from './worlds/backup.ts'
import { powercutStorageWorld, storageWorld } from './worlds/storage.ts'
import { powercutVaultWorld, vaultWorld } from './worlds/vault.ts'
import { tetherWorld } from './worlds/tether.ts'

export const WORLDS: readonly SimWorld[] = [tetherWorld, storageWorld, powercutStorageWorld, backupWorld, powercutWorld, vaultWorld, powercutVaultWorld]
