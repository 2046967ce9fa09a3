// Makes finished packs part of the vault: one ledger entry for all that became ready while the last was written, then their rows in the index. Who waits is
// answered when the entry is durable.

import type { Fault } from '../../kernel/fault.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { IndexKeeper } from './index/index-keeper.ts'
import type { SegmentIndex } from './index/segment-index.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { PackCatalogue, PackRecord } from './pack-catalogue.ts'
import type { FinishedPack } from './packs/pack-writer.ts'

/** Rows in memory, in tables, beyond which a disk that takes no index segment stops new packs. */
const FULL_TABLES_MAX = 4

interface WaitingPacks {
  readonly packs: readonly FinishedPack[]
  readonly listed: (records: readonly PackRecord[]) => void
  readonly resolve: () => void
  readonly reject: (reason: Fault) => void
}

export class PackListing {
  readonly #ledger: Ledger
  readonly #catalogue: PackCatalogue
  readonly #index: SegmentIndex
  readonly #keeper: IndexKeeper
  readonly #freshRowsMax: number
  #waiting: WaitingPacks[] = []
  #isBusy = false

  constructor(ledger: Ledger, catalogue: PackCatalogue, index: SegmentIndex, keeper: IndexKeeper, freshRowsMax: number) {
    this.#ledger = ledger
    this.#catalogue = catalogue
    this.#index = index
    this.#keeper = keeper
    this.#freshRowsMax = freshRowsMax
  }

  /** `listed` runs in the moment in which the packs become part of the vault: who wants them kept says so there. */
  list(packs: readonly FinishedPack[], listed: (records: readonly PackRecord[]) => void): Promise<void> {
    if (packs.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ packs, listed, resolve, reject })
      if (!this.#isBusy) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#listBatch(batch)
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(faultOf(error))
      }
    }
    this.#isBusy = false
  }

  async #listBatch(batch: readonly WaitingPacks[]): Promise<void> {
    if (this.#index.freshRows > FULL_TABLES_MAX * this.#freshRowsMax) await this.#keeper.flush()
    await this.#ledger.append(
      () => Promise.resolve({ kind: 'packs', packs: batch.flatMap(({ packs }) => packs.map(({ listing }) => listing)), indexes: [] }),
      () => {
        for (const { packs, listed } of batch) {
          const records = packs.map(({ listing, blocks }) => {
            const record = this.#catalogue.add(listing)
            this.#keeper.addPack(record, blocks)
            return record
          })
          listed(records)
        }
      },
    )
    // The packs are listed; an index segment that cannot be written now is written later.
    if (this.#index.isFull) await this.#keeper.flush().catch(() => undefined)
  }
}
