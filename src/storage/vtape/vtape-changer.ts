// Slots of a vtape storage as Amanda's chg-disk lays them out: `DIR/slot1 … DIR/slotN` and the link `DIR/data` to the one in use. The file
// `state` belongs to chg-disk alone: it makes it from the directories when it is missing. Format: docs/formats/vtape.md.

import type { Disk } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import type { Changer, Device } from '../device.ts'
import { openVtapeDevice } from './vtape-device.ts'

/** Part of a `VtapeStorageConfig`. */
export interface VtapeLayout {
  readonly directory: string
  readonly slotCount: number
  readonly volumeBytes: number
}

export function createVtapeChanger(disk: Disk, layout: VtapeLayout): Changer {
  const { directory, slotCount } = layout
  const slots = Array.from({ length: slotCount }, (_, index) => `slot${index + 1}`)
  const devices = new Map<string, Device>()
  return {
    name: `vtape ${directory}`,
    slots: () => Promise.resolve(slots),
    device(slot) {
      if (!slots.includes(slot)) return Promise.reject(new Fault('volume-missing', `${directory} has no slot ${slot}`))
      const device = devices.get(slot) ?? openVtapeDevice(disk, `${directory}/${slot}`, layout.volumeBytes)
      devices.set(slot, device)
      return Promise.resolve(device)
    },
    async setCurrent(slot) {
      const fresh = `${directory}/data.new`
      await disk.remove(fresh)
      await disk.symlink(slot, fresh)
      await disk.rename(fresh, `${directory}/data`)
      await disk.syncDir(directory)
    },
  }
}

/**
 * Makes the slots that have never been there: all of them when the directory is new (`isFirstTime`), otherwise only those after the last
 * one. A slot missing among the others has vanished and is not made again, and an empty directory may be a disk that is not mounted.
 * Returns the slots made.
 */
export async function makeVtapeSlots(disk: Disk, layout: VtapeLayout, isFirstTime: boolean): Promise<string[]> {
  const { directory, slotCount } = layout
  if (isFirstTime) await disk.makeDir(directory)
  const entries = (await disk.stat(directory)) === undefined ? [] : await disk.list(directory)
  const numbers = entries.map((entry) => Number(/^slot(\d{1,6})$/.exec(entry.name)?.[1] ?? 0))
  const last = Math.max(0, ...numbers)
  if (last === 0 && !isFirstTime) throw new Fault('volume-missing', `${directory} has no slots; if it is a mount point, its disk is not mounted`)
  const made: string[] = []
  for (let number = last + 1; number <= slotCount; number++) {
    await disk.makeDir(`${directory}/slot${number}`)
    made.push(`slot${number}`)
  }
  if (made.length > 0) await disk.syncDir(directory)
  return made
}
