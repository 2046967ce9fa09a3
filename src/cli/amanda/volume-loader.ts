// Brings volumes to the restoring programs: from the shelf, or by the operator, who is asked for each that is not there.

import { Fault } from '../../kernel/fault.ts'
import type { Device } from '../../storage/device.ts'
import type { LoadVolume } from '../../restore/amanda/dump-parts.ts'
import type { Operator } from './operator.ts'
import type { Shelf } from './volume-shelf.ts'

/** The volume in use is kept, so that the parts of a dump do not search for it again. Rejects with `cancelled` when the operator has no more to say. */
export function volumeLoader(shelf: Shelf, ask: Pick<Operator, 'err' | 'readLine'> | undefined): LoadVolume {
  let loaded: { readonly label: string; readonly device: Device } | undefined
  return async (label) => {
    if (loaded?.label === label) return loaded.device
    for (;;) {
      const found = await shelf.find(label)
      if ('device' in found) {
        loaded = { label, device: found.device }
        return found.device
      }
      if (ask === undefined) throw new Fault('volume-missing', found.failure)
      ask.err(`${found.failure}\n\nInsert volume labeled '${label}' in ${shelf.name}\nand press enter, or ^D to abort.\n`)
      if ((await ask.readLine()) === undefined) throw new Fault('cancelled', 'Aborted by user')
    }
  }
}
