// The changer that a storage of an Amanda configuration means, on a disk.

import type { Disk } from '../../../kernel/disk.ts'
import type { AmandaChangerSpec, AmandaDeviceSpec } from '../../../config/amanda/changer-spec.ts'
import { ChgDisk } from '../../../storage/amanda/chg-disk.ts'
import { ChgMulti } from '../../../storage/amanda/chg-multi.ts'
import { chgSingle } from '../../../storage/amanda/chg-single.ts'
import type { AmandaChanger } from '../../../storage/amanda/contract.ts'
import { expandDeviceNames } from '../../../storage/amanda/device-names.ts'
import type { WithFileLock } from '../../../storage/amanda/state-file.ts'
import type { VolumePlace } from '../../../storage/amanda/vfs-volume.ts'

function placeOf({ directory, useData, capacityBytes }: AmandaDeviceSpec): VolumePlace {
  return { directory, useData, capacityBytes }
}

/** Throws `config-invalid` when a list of devices is wrong or one of them cannot be driven. */
export function openAmandaChanger(disk: Disk, spec: AmandaChangerSpec, whose: { readonly config: string; readonly storage: string }, lock: WithFileLock): AmandaChanger {
  const owner = { ...whose, changer: spec.name }
  switch (spec.kind) {
    case 'chg-disk': return new ChgDisk(disk, { ...spec, owner }, lock)
    case 'chg-multi': {
      const devices = expandDeviceNames(spec.devices).map((name) => ({ name, place: placeOf(spec.deviceOf(name)) }))
      return new ChgMulti(disk, { name: spec.name, stateFile: spec.stateFile, firstSlot: spec.firstSlot, devices, owner }, lock)
    }
    case 'chg-single': return chgSingle(disk, spec.name, placeOf(spec.device))
  }
}
