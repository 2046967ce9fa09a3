// The snapshot files of GNU tar (listed-incremental), kept in STATE/gnutar. tar changes the file it is given, so a dump works on a copy of its base's, without
// what is no longer in place (snapshot-copy.ts).

import type { Disk } from '../../kernel/disk.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { SnapshotFiles } from '../snapshot-files.ts'
import { copySnapshot } from './snapshot-copy.ts'

export function openGnutarSnapshots(disk: Disk, stateDir: string): SnapshotFiles {
  return new SnapshotFiles(disk, `${stateDir}/gnutar`, async (basePath, path, { device }) => {
    try {
      await copySnapshot(disk, basePath, path, device)
    } catch (error) {
      const fault = faultOf(error)
      if (fault.code !== 'wire-malformed') throw fault
      throw new Fault('base-missing', `the snapshot ${basePath} cannot be built on: ${fault.message}`, { cause: fault })
    }
  })
}
