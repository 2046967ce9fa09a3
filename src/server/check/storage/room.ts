// Room: of the storage for what a run writes, of the holding disks for anything at all, and slots that promise more than the disk has.

import type { ResolvedConfig } from '../../../config/resolved.ts'
import { formatSize } from '../../../config/units.ts'
import type { Disk } from '../../../kernel/disk.ts'
import type { HoldingArea } from '../../../storage/holding/contract.ts'
import type { CheckFinding } from '../../control/contract.ts'

/** What the holding disks could take if they held nothing. A disk that is not there takes nothing. */
export async function holdingBytesMax(config: ResolvedConfig, disk: Pick<Disk, 'space'>): Promise<number> {
  let bytes = 0
  for (const { directory, useBytes } of config.holdingDisks) {
    const totalBytes = await disk.space(directory).then((space) => space.totalBytes, () => 0)
    bytes += Math.max(0, useBytes < 0 ? totalBytes + useBytes : Math.min(useBytes, totalBytes))
  }
  return bytes
}

/** Whether the holding disks take anything. */
export async function holdingRoom(config: ResolvedConfig, holding: Pick<HoldingArea, 'freeBytes'>): Promise<CheckFinding[]> {
  const freeBytes = await holding.freeBytes()
  if (freeBytes > 0) return [{ severity: 'ok', code: 'holding-ready', message: `the holding disks have ${formatSize(freeBytes)} free`, next: '' }]
  const isNeeded = config.disklist.some(({ holding: wish }) => wish === 'required')
  return [{ severity: isNeeded ? 'error' : 'warning', code: 'holding-full', message: 'no holding disk has room', next: 'Run `holdfast flush`, or give the holding disk more room.' }]
}

/** Slots that together may hold more than the file system does: a run ends in the middle of a volume, as if it were full. */
export async function storagePromises(config: ResolvedConfig, disk: Pick<Disk, 'space'>, usedBytes: number): Promise<CheckFinding[]> {
  if (config.storage.kind === 'vault') return []
  const { directory, slotCount, volumeBytes } = config.storage
  const { freeBytes } = await disk.space(directory)
  const wanted = slotCount * volumeBytes
  const there = freeBytes + usedBytes
  return wanted <= there ? [] : [{ severity: 'note', code: 'storage-small', message: `the ${slotCount} slots of ${directory} may hold ${formatSize(wanted)}, and there is room for ${formatSize(there)}: volumes end early once the disk is full`, next: 'Nothing while the volumes in use fit; else lower `slots` or `volume-size`, or keep less.' }]
}
