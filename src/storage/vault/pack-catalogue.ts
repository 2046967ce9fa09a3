// The packs of a vault, in memory: an ordinal each, which the index counts by and which is never given to another pack while the process lives. It says of which
// dedup domain a pack is, and what may still be told of it. The truth is the ledger; this follows it.

import { assert } from '../../kernel/assert.ts'

/**
 * `listed`: part of the vault. `condemned`: garbage collection wants it; what is in it is not told to new dumps, but holds for those that name it. `dying`: about
 * to be swept; nothing may name it any more. `gone`: no longer part of the vault.
 */
export type PackState = 'listed' | 'condemned' | 'dying' | 'gone'

export interface PackRecord {
  readonly ordinal: number
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly domain: string
  readonly bytes: number
  readonly segments: number
  readonly plainBytes: number
  readonly createdMs: number
  /** Hexadecimal; of the sealed trailer and the footer. */
  readonly sha256: string
  state: PackState
  /** Rows of it are in an index segment, or in the table in memory. */
  isIndexed: boolean
}

export type NewPack = Omit<PackRecord, 'ordinal' | 'state' | 'isIndexed'>

export class PackCatalogue {
  readonly #packs: PackRecord[] = []
  readonly #byId = new Map<string, PackRecord>()

  add(pack: NewPack): PackRecord {
    const known = this.#byId.get(pack.id)
    assert(known === undefined || known.state === 'gone', `pack ${pack.id} is added twice`)
    const record: PackRecord = { ...pack, ordinal: this.#packs.length, state: 'listed', isIndexed: false }
    this.#packs.push(record)
    this.#byId.set(pack.id, record)
    return record
  }

  /** Of all that were ever here. */
  get count(): number {
    return this.#packs.length
  }

  /** Undefined: never heard of in this process. */
  byId(id: string): PackRecord | undefined {
    return this.#byId.get(id)
  }

  at(ordinal: number): PackRecord {
    const pack = this.#packs[ordinal]
    assert(pack !== undefined, 'an ordinal of no pack')
    return pack
  }

  /** An ordinal for a pack that an index segment names and the ledger does not: its rows count as not there. */
  ghost(id: string): PackRecord {
    const record = this.add({ id, domain: '', bytes: 0, segments: 0, plainBytes: 0, createdMs: 0, sha256: '' })
    record.state = 'gone'
    return record
  }

  /** Those that are part of the vault. */
  *listed(): Generator<PackRecord> {
    for (const pack of this.#packs) if (pack.state !== 'gone') yield pack
  }

  isReadable(ordinal: number): boolean {
    return this.at(ordinal).state !== 'gone'
  }
}
