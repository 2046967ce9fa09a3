// The changer of a storage. A vault has no slots: what asks for volumes finds none there.

import type { Disk } from '../kernel/disk.ts'
import { Fault } from '../kernel/fault.ts'
import type { Changer } from './device.ts'
import { createVtapeChanger, type VtapeLayout } from './vtape/vtape-changer.ts'

export function changerOf(disk: Disk, storage: (VtapeLayout & { readonly kind: 'vtape' }) | { readonly kind: 'vault'; readonly directory: string }): Changer {
  if (storage.kind === 'vtape') return createVtapeChanger(disk, storage)
  const noSlot = (slot: string): Promise<never> => Promise.reject(new Fault('volume-missing', `the vault ${storage.directory} has no slot ${slot}`))
  return { name: `vault ${storage.directory}`, slots: () => Promise.resolve([]), device: noSlot, setCurrent: noSlot }
}
