// The dumps on the volumes of a configuration, for the policies that go by them and for telling what is given up with a volume.

import { findDumps } from '../../records/find-dumps.ts'
import type { FoundDump } from '../../records/found-dump.ts'
import type { DumpOnVolume } from '../../server/taper/amanda/retention-status.ts'
import type { TapelistEntry } from '../../wire/amanda/tapelist.ts'
import { needsDumps, type VolumeRoom } from './volume-room.ts'

/** Every part on a volume. */
export async function partsOnVolumes(room: VolumeRoom, tapelist: readonly TapelistEntry[]): Promise<readonly FoundDump[]> {
  const found = await findDumps(room.context.disk, { logDir: room.places.logDir, holdingDirs: [], tapelist, configName: room.configuration.name })
  return found.filter(({ label, isOnHolding }) => label !== '' && !isOnHolding)
}

/** None where no policy asks for them: reading all logs takes its time. */
export async function dumpsForRetention(room: VolumeRoom, tapelist: readonly TapelistEntry[]): Promise<readonly DumpOnVolume[]> {
  if (!needsDumps(room)) return []
  const parts = await partsOnVolumes(room, tapelist)
  const dumps = Map.groupBy(parts, ({ host, disk, level, timestamp, storage }) => JSON.stringify([host, disk, level, timestamp, storage]))
  return [...dumps.values()].flatMap((same) => {
    const [first] = same
    return first === undefined ? [] : [{ host: first.host, disk: first.disk, level: first.level, timestamp: first.timestamp, labels: [...new Set(same.map(({ label }) => label))] }]
  })
}
