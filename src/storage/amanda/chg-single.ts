// Amanda's chg-single: one device, one slot. Every name of a slot means it. It remembers nothing.

import type { Disk } from '../../kernel/disk.ts'
import { openVtapeDevice } from '../vtape/vtape-device.ts'
import { ChangerRefusal, type AmandaChanger } from './contract.ts'
import { readVolume, rewriteVolume, volumeDirectory, type VolumePlace } from './vfs-volume.ts'

export function chgSingle(disk: Disk, name: string, place: VolumePlace): AmandaChanger {
  const refuse = (what: string) => (): Promise<never> => Promise.reject(new ChangerRefusal(`'chg-single' does not support ${what}`))
  return {
    kind: 'chg-single',
    name,
    isFastSearch: false,
    inventory: () => Promise.resolve([{ slot: '1', isCurrent: false, content: { kind: 'unknown' } }]),
    device: async () => openVtapeDevice(disk, await volumeDirectory(disk, place), place.capacityBytes),
    look: () => readVolume(disk, place),
    read: () => readVolume(disk, place),
    rewrite: (_slot, label) => rewriteVolume(disk, place, label),
    setCurrent: () => Promise.resolve(),
    meta: () => Promise.resolve(undefined),
    setMeta: () => Promise.resolve(),
    reset: refuse('reset'),
    create: refuse('create'),
    eject: refuse('eject'),
    update: refuse('update'),
  }
}
