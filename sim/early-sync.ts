// A planted defect: below one directory, a third of the syncs answer at once and are carried out behind everybody's back. On the holding disk
// this is a COMMIT before fsync; on the volumes, a catalog row before the volume is synced.

import type { DiskOp, DiskVerdict, SimDisk } from './disk.ts'
import type { Plant } from './world.ts'
import type { Life, Scheduler } from './scheduler.ts'

const EARLY_SYNC_DIRS: Readonly<Record<string, string>> = { 'commit-before-fsync': '/holding', 'row-before-volume-sync': '/vtapes', 'listed-before-fsync': '/vault' }

const COMMIT_BEFORE_FSYNC: Plant = { summary: 'syncs of the holding disk answer before anything is durable, so COMMIT and done come early', sign: /bytes of \S+ were committed, \d+ are durable|were committed and \d+ are durable|on the holding disk cannot be read|\(holding disk\)|reported done and is gone/ }
const ROW_BEFORE_VOLUME_SYNC: Plant = { summary: 'syncs of a volume answer early, so the catalog row comes before the part is durable', sign: /on volumes cannot be read|cannot be read whole \(volumes\)/ }

const LISTED_BEFORE_FSYNC: Plant = { summary: 'syncs of the vault answer before anything is durable, so a dump is reported as listed early', sign: /the vault does not open|cannot be restored|is not listed|the check says/ }

/** For a world of vaults. */
export const VAULT_PLANTS: Readonly<Record<string, Plant>> = { 'listed-before-fsync': LISTED_BEFORE_FSYNC }
/** For a world of holding disks. */
export const COMMIT_PLANTS: Readonly<Record<string, Plant>> = { 'commit-before-fsync': COMMIT_BEFORE_FSYNC }
/** For a world with volumes and many seeds. */
export const EARLY_SYNC_PLANTS: Readonly<Record<string, Plant>> = { ...COMMIT_PLANTS, 'row-before-volume-sync': ROW_BEFORE_VOLUME_SYNC }

export function plantEarlySyncs(disk: SimDisk, scheduler: Scheduler, plant: string | undefined): void {
  const dir = plant === undefined ? undefined : EARLY_SYNC_DIRS[plant]
  if (dir === undefined) return
  const run = disk.run.bind(disk)
  disk.run = <T>(life: Life, op: DiskOp, apply: (verdict: DiskVerdict) => T): Promise<T> => {
    const done = run(life, op, apply)
    if (op.kind !== 'sync' || !op.path.startsWith(dir) || !scheduler.chance(3)) return done
    done.catch(() => undefined)
    // What a sync resolves to is nothing.
    return Promise.resolve(undefined as T)
  }
}
