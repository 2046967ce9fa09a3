// A device holds one volume at a time: a label and numbered files, each a dump header and the bytes of one part of a dump. It never
// overwrites a file; only `writeLabel` makes a volume empty, and whoever calls it has asked the retention first. All devices pass
// one suite (device-suite.ts), which is also the user command `holdfast storage check`.

import type { ByteSource } from '../kernel/byte-stream.ts'
import type { DumpHeader } from '../wire/amanda/dump-header.ts'

/** What lies in the device. `foreign`: not empty and not a labelled volume; it is never written to without an operator's order. */
export type VolumeState =
  | { readonly kind: 'empty' }
  | { readonly kind: 'labelled'; readonly label: string; readonly datestamp: string }
  /** `isDamaged`: it has the name of a volume's label and cannot be read. */
  | { readonly kind: 'foreign'; readonly reason: string; readonly isDamaged?: true }

export interface DeviceFile {
  /** Counts from 1. File 0 is the label. */
  readonly fileNumber: number
  /** Bytes of data, without the header. */
  readonly bytes: number
}

/** The writer of one part. Ends with exactly one of `finish` and `abandon`. */
export interface PartWriter {
  readonly fileNumber: number
  /** Writes all of `piece`, or as much as fits. `full` means that the volume takes no more: the part must be abandoned. */
  write(piece: Uint8Array): Promise<'written' | 'full'>
  /** Header, data and name are durable when it resolves. */
  finish(): Promise<void>
  /** Removes what was written of this part. */
  abandon(): Promise<void>
}

export interface PartReader extends AsyncDisposable {
  readonly header: DumpHeader
  /** Bytes of data, without the header. */
  readonly bytes: number
  /** The data from `offset` (default 0) on, at most `length` bytes of it (default: all). */
  read(offset?: number, length?: number): ByteSource
}

export interface DeviceStatistics {
  readonly usedBytes: number
  /** What the volume may hold in all; undefined when only the medium limits it. */
  readonly capacityBytes: number | undefined
}

export interface Device {
  /** For messages: kind and place. */
  readonly name: string
  state(): Promise<VolumeState>
  /** Empties the volume and labels it. Durable when it resolves. */
  writeLabel(label: string, datestamp: string): Promise<void>
  /** Starts the next file. `header` is written as it is given. */
  createPart(header: DumpHeader): Promise<PartWriter>
  /** Undefined when there is no such file. Rejects with `volume-damaged` when its header cannot be understood. */
  openPart(fileNumber: number): Promise<PartReader | undefined>
  /** The files on the volume, by number. */
  listParts(): Promise<DeviceFile[]>
  statistics(): Promise<DeviceStatistics>
}

/** A place with several volumes, one device each. */
export interface Changer {
  readonly name: string
  /** Slot names in order; each has a volume or is empty. */
  slots(): Promise<readonly string[]>
  device(slot: string): Promise<Device>
  /** Marks `slot` as the one in use, for people and stock tools. */
  setCurrent(slot: string): Promise<void>
}
