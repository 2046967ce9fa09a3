// The Bloom filter of all ids of a dedup domain, for makers: what is not in it need not be asked. It is made from the index when it is first wanted and kept while the
// index has about as many rows; ids that came since are missing from it, which costs a segment sent twice and nothing else.

import { IdFilter } from '../../../wire/vault/id-filter.ts'
import { INDEX_ROW_BYTES, packOfRow } from '../../../wire/vault/index-row.ts'
import type { VaultCore } from '../vault-core.ts'

/** Made again when the index has grown by more than one row in so many. */
const GROWTH_PARTS = 20

interface MadeFilter {
  readonly rows: number
  readonly bytes: Promise<Uint8Array | undefined>
}

export class DomainFilters {
  readonly #core: VaultCore
  readonly #made = new Map<string, MadeFilter>()

  constructor(core: VaultCore) {
    this.#core = core
  }

  /** Undefined: there are too many ids for one. */
  filterOf(domain: string): Promise<Uint8Array | undefined> {
    const { rows } = this.#core.index
    const known = this.#made.get(domain)
    if (known !== undefined && Math.abs(rows - known.rows) <= known.rows / GROWTH_PARTS) return known.bytes
    const made: MadeFilter = { rows, bytes: this.#make(domain) }
    this.#made.set(domain, made)
    made.bytes.catch(() => this.#made.delete(domain))
    return made.bytes
  }

  async #make(domain: string): Promise<Uint8Array | undefined> {
    const { index, catalogue } = this.#core
    const isOurs = (pack: number): boolean => catalogue.at(pack).domain === domain && catalogue.at(pack).state === 'listed'
    let segments = 0
    for (const pack of catalogue.listed()) if (pack.domain === domain) segments += pack.segments
    const filter = IdFilter.create(segments)
    if (filter === undefined) return undefined
    index.eachFresh((rows, at) => {
      if (isOurs(packOfRow(rows, at))) filter.add(rows, at)
    })
    for (const segment of index.held()) {
      try {
        for (let page = 0; page < segment.pageCount; page++) {
          const rows = await segment.readPage(page)
          for (let at = 0; at < rows.length; at += INDEX_ROW_BYTES) if (isOurs(segment.packs[packOfRow(rows, at)] ?? 0)) filter.add(rows, at)
        }
      } finally {
        await segment.release()
      }
    }
    return filter.bytes
  }
}
