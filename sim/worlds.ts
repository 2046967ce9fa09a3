// The worlds that `npm run sim` knows.

import type { SimWorld } from './world.ts'
import { backupWorld } from './worlds/backup.ts'
import { powercutWorld, storageWorld } from './worlds/storage.ts'
import { tetherWorld } from './worlds/tether.ts'

export const WORLDS: readonly SimWorld[] = [tetherWorld, storageWorld, powercutWorld, backupWorld]
