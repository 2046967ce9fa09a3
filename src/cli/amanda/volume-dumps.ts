// The dumps on the volumes of a configuration, for the policies that go by them.

import type { DumpOnVolume } from '../../server/taper/amanda/retention-status.ts'
import type { TapelistEntry } from '../../wire/amanda/tapelist.ts'
import { needsDumps, type VolumeRoom } from './volume-room.ts'

export function dumpsForRetention(room: VolumeRoom, _tapelist: readonly TapelistEntry[]): Promise<readonly DumpOnVolume[]> {
  if (!needsDumps(room)) return Promise.resolve([])
  return Promise.resolve([])
}
