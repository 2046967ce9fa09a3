// How large the vault worlds play. Most seeds are small, so that ten thousand of them are a matter of minutes and everything that is done by size (checkpoints, index segments, several
// packs a dump) still happens; some are large.

import type { VaultLimits } from '../../src/storage/vault/vault-core.ts'
import { SMALL_LIMITS } from '../../testkit/test-vault.ts'
import { SMALL_MAKER, type MakerSettings } from '../../testkit/vault-maker.ts'

export interface VaultSize {
  readonly maker: MakerSettings
  readonly limits: VaultLimits
  /** Of a dump. */
  readonly segmentsMax: number
  /** Different segments that there are. */
  readonly poolSegments: number
  /** Dumps of a host in one process. */
  readonly dumpsMax: number
  /** Before the clean processes. */
  readonly faultsMin: number
  /** One fault in so many operations of the disk: between the first and the first and the second. */
  readonly faultEvery: readonly [number, number]
  /** At the end. */
  readonly cleanProcesses: number
}

export const LARGE: VaultSize = { maker: SMALL_MAKER, limits: SMALL_LIMITS, segmentsMax: 40, poolSegments: 90, dumpsMax: 3, faultsMin: 10, faultEvery: [60, 600], cleanProcesses: 2 }
export const SMALL: VaultSize = {
  maker: { segmentBytes: 120, blockSegments: 3, packBlocks: 3, recipeSegments: 6 }, limits: { freshRowsMax: 8, checkpointBytesMin: 1500, blockBytes: 500 },
  segmentsMax: 7, poolSegments: 18, dumpsMax: 1, faultsMin: 4, faultEvery: [12, 70], cleanProcesses: 1,
}
/** Of the world whose power is cut at every change. */
export const POWERCUT: VaultSize = { ...LARGE, segmentsMax: 14 }
