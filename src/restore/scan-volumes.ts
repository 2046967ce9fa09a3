// Walks over every part on the volumes of a storage, in slot and file order. What cannot be read is told as a problem and passed over.

import { faultOf, type Fault } from '../kernel/fault.ts'
import type { Changer, Device, PartReader } from '../storage/device.ts'
import type { DumpFileHeader } from '../wire/amanda/dump-header.ts'

export interface ScannedVolume {
  readonly label: string
  readonly datestamp: string
  readonly slot: string
  readonly storage: string
  readonly device: Device
}

export interface ScannedPart {
  readonly volume: ScannedVolume
  readonly fileNumber: number
  readonly header: DumpFileHeader
  readonly reader: PartReader
}

export interface VolumeProblem {
  readonly slot: string
  readonly label: string | undefined
  readonly fileNumber: number | undefined
  readonly fault: Fault
}

export interface VolumeVisitor {
  volume(volume: ScannedVolume): Promise<void>
  /** The reader is closed after it. */
  part(part: ScannedPart): Promise<void>
  problem(problem: VolumeProblem): void
}

/** `storageOf` gives the name of a changer's storage. Ends early, without a fault, when `signal` aborts. */
export async function scanVolumes(changers: readonly { readonly storage: string; readonly changer: Changer }[], visitor: VolumeVisitor, signal: AbortSignal): Promise<void> {
  for (const { storage, changer } of changers) {
    for (const slot of await changer.slots()) {
      if (signal.aborted) return
      try {
        const device = await changer.device(slot)
        const state = await device.state()
        if (state.kind !== 'labelled') continue
        const volume = { label: state.label, datestamp: state.datestamp, slot, storage, device }
        await visitor.volume(volume)
        await scanParts(volume, visitor, signal)
      } catch (error) {
        visitor.problem({ slot, label: undefined, fileNumber: undefined, fault: faultOf(error) })
      }
    }
  }
}

async function scanParts(volume: ScannedVolume, visitor: VolumeVisitor, signal: AbortSignal): Promise<void> {
  const problem = (fileNumber: number, error: unknown): void => visitor.problem({ slot: volume.slot, label: volume.label, fileNumber, fault: faultOf(error) })
  for (const { fileNumber } of await volume.device.listParts()) {
    if (signal.aborted) return
    try {
      await using reader = await volume.device.openPart(fileNumber)
      if (reader === undefined) continue
      const { header } = reader
      if (header.kind === 'file' || header.kind === 'split-file' || header.kind === 'cont-file') await visitor.part({ volume, fileNumber, header, reader })
    } catch (error) {
      problem(fileNumber, error)
    }
  }
}
