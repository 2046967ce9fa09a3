// Writes one index segment: rows come in the order of their ids, pages are sealed as they fill, then head, fingerprints and footer. One page is in memory beside the
// fingerprints. Format: docs/formats/vault.md.

import { assert } from '../../../kernel/assert.ts'
import type { VaultKeys } from '../../../stream/vault/contract.ts'
import { encodeIndexFooter, encodeIndexHead, encodeIndexHeader, INDEX_PAGE_ROWS } from '../../../wire/vault/index-head.ts'
import { INDEX_ROW_BYTES, setPackOfRow } from '../../../wire/vault/index-row.ts'
import type { ObjectDraft, VaultDirectory } from '../vault-directory.ts'
import { RankedPrintsBuilder } from './ranked-prints.ts'

const PAGE_BYTES = INDEX_PAGE_ROWS * INDEX_ROW_BYTES
/** Pages go to the disk together. */
const WRITE_BYTES = 512 * 1024

export interface WrittenIndexSegment {
  readonly name: string
  readonly bytes: number
  readonly rows: number
  /** Hexadecimal; of the whole file. */
  readonly sha256: string
}

/** The packs of a segment, in the order in which its rows count them. */
export interface SegmentPacks {
  readonly domains: readonly string[]
  readonly packIds: Uint8Array
  readonly packDomains: Uint16Array
}

export class IndexSegmentWriter {
  readonly name: string
  readonly #keys: VaultKeys
  readonly #draft: ObjectDraft
  readonly #packs: SegmentPacks
  readonly #prints: RankedPrintsBuilder
  readonly #page = Buffer.alloc(PAGE_BYTES)
  readonly #pageBytes: number[] = []
  #filled = 0
  #rows = 0
  #waiting: Uint8Array[] = []
  #waitingBytes = 0

  private constructor(name: string, keys: VaultKeys, draft: ObjectDraft, packs: SegmentPacks, rowsMax: number) {
    this.name = name
    this.#keys = keys
    this.#draft = draft
    this.#packs = packs
    this.#prints = new RankedPrintsBuilder(rowsMax)
  }

  static async begin(directory: VaultDirectory, keys: VaultKeys, name: string, packs: SegmentPacks, rowsMax: number): Promise<IndexSegmentWriter> {
    const draft = await directory.draft(`index/${name}`, true)
    const writer = new IndexSegmentWriter(name, keys, draft, packs, rowsMax)
    await draft.append([encodeIndexHeader(keys.vaultId, name)])
    return writer
  }

  /** True: `flush` must be awaited before more is added. */
  add(rows: Buffer, at: number, pack: number): boolean {
    rows.copy(this.#page, this.#filled, at, at + INDEX_ROW_BYTES)
    setPackOfRow(this.#page, this.#filled, pack)
    this.#prints.add(rows, at)
    this.#filled += INDEX_ROW_BYTES
    this.#rows += 1
    if (this.#filled === PAGE_BYTES) this.#sealPage()
    return this.#waitingBytes >= WRITE_BYTES
  }

  async flush(): Promise<void> {
    const pieces = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    if (pieces.length > 0) await this.#draft.append(pieces)
  }

  /** Durable when it resolves. */
  async finish(): Promise<WrittenIndexSegment> {
    assert(this.#rows > 0, 'an index segment has rows')
    if (this.#filled > 0) this.#sealPage()
    await this.flush()
    const prints = this.#prints.finish()
    const headOffset = this.#draft.bytes
    const head = this.#keys.seal('index', `${this.name}/head`, encodeIndexHead({ ...this.#packs, rows: this.#rows, bucketBits: prints.bits, pageBytes: Uint32Array.from(this.#pageBytes) }))
    const sealedPrints = this.#keys.seal('index', `${this.name}/prints`, Buffer.concat(prints.encode()))
    await this.#draft.append([head, sealedPrints, encodeIndexFooter({ headOffset, headBytes: head.length, printsBytes: sealedPrints.length })])
    await this.#draft.commit()
    return { name: this.name, bytes: this.#draft.bytes, rows: this.#rows, sha256: this.#draft.sha256() }
  }

  drop(): Promise<void> {
    return this.#draft.drop()
  }

  #sealPage(): void {
    const sealed = this.#keys.seal('index', `${this.name}/${this.#pageBytes.length}`, this.#page.subarray(0, this.#filled))
    this.#pageBytes.push(sealed.length)
    this.#waiting.push(sealed)
    this.#waitingBytes += sealed.length
    this.#filled = 0
  }
}
