// What the checks of volumes and holding disks work with. They read; nothing is written, and what a volume holds is judged by names,
// sizes and headers. The bytes themselves are `holdfast verify`'s.

import type { CatalogReader, VolumeRecord } from '../../../catalog/contract.ts'
import type { ResolvedConfig } from '../../../config/resolved.ts'
import type { Disk } from '../../../kernel/disk.ts'
import type { Changer } from '../../../storage/device.ts'
import type { HoldingArea } from '../../../storage/holding/contract.ts'
import type { TapelistEntry } from '../../../wire/amanda/tapelist.ts'

export interface StorageParts {
  readonly config: ResolvedConfig
  readonly disk: Disk
  readonly changer: Changer
  readonly catalog: CatalogReader
  readonly holding: HoldingArea
  readonly tapelist: readonly TapelistEntry[]
  readonly nowMs: number
  /** Called as slots are done. */
  readonly onSlot: (done: number, total: number) => void
}

/** A volume that was found in a slot. */
export interface FoundVolume {
  readonly slot: string
  readonly label: string
  readonly datestamp: string
}

export interface KnownVolumes {
  readonly found: readonly FoundVolume[]
  readonly tapelist: readonly TapelistEntry[]
  readonly catalog: readonly VolumeRecord[]
  /** Labels of which the catalog has parts. */
  readonly withParts: ReadonlySet<string>
}

/** Lines of one finding. */
export const DETAILS_MAX = 20
