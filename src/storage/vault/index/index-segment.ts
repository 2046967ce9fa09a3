// One index segment, open for reading: head and fingerprints are resident, pages are read when they are asked for. Several may read it at once; the file is closed
// when the last of them lets go, so that a merge may replace a segment that is in use.

import type { DiskFile } from '../../../kernel/disk.ts'
import { Fault } from '../../../kernel/fault.ts'
import { releaseBytes } from '../../../kernel/release-bytes.ts'
import type { VaultKeys } from '../../../stream/vault/contract.ts'
import { decodeIndexFooter, decodeIndexHead, encodeIndexHeader, INDEX_FOOTER_BYTES, INDEX_HEADER_BYTES, INDEX_PAGE_ROWS, type IndexHead } from '../../../wire/vault/index-head.ts'
import { checkIndexRows } from '../../../wire/vault/index-row.ts'
import { naming, readExactly, type VaultDirectory } from '../vault-directory.ts'
import { decodeRankedPrints, type RankedPrints } from './ranked-prints.ts'

export class IndexSegment {
  readonly name: string
  readonly bytes: number
  readonly prints: RankedPrints
  readonly head: IndexHead
  /** Ordinal in the catalogue of each pack of the head; set by who knows the catalogue. */
  readonly packs: Uint32Array
  readonly #keys: VaultKeys
  readonly #file: DiskFile
  readonly #pageOffsets: Float64Array
  #holders = 1

  private constructor(name: string, bytes: number, keys: VaultKeys, file: DiskFile, head: IndexHead, prints: RankedPrints) {
    this.name = name
    this.bytes = bytes
    this.head = head
    this.prints = prints
    this.packs = new Uint32Array(head.packDomains.length)
    this.#keys = keys
    this.#file = file
    this.#pageOffsets = new Float64Array(head.pageBytes.length)
    let offset = INDEX_HEADER_BYTES
    for (const [page, sealedBytes] of head.pageBytes.entries()) {
      this.#pageOffsets[page] = offset
      offset += sealedBytes
    }
  }

  static async open(directory: VaultDirectory, keys: VaultKeys, name: string): Promise<IndexSegment> {
    const object = `index/${name}`
    const { file, bytes } = await directory.open(object)
    try {
      const header = await readExactly(file, object, 0, Math.min(bytes, INDEX_HEADER_BYTES))
      if (!header.equals(encodeIndexHeader(keys.vaultId, name))) throw new Fault('vault-damaged', `${object} is not that index segment`, { context: { object } })
      const footer = await readExactly(file, object, Math.max(0, bytes - INDEX_FOOTER_BYTES), Math.min(bytes, INDEX_FOOTER_BYTES))
      const { headOffset, headBytes, printsBytes } = naming(object, () => decodeIndexFooter(footer, bytes))
      const sealed = await readExactly(file, object, headOffset, headBytes + printsBytes)
      return naming(object, () => {
        const head = decodeIndexHead(keys.open('index', `${name}/head`, sealed.subarray(0, headBytes)))
        const printed = keys.open('index', `${name}/prints`, sealed.subarray(headBytes))
        // Tens of megabytes of a large segment, of which two copies at a time are enough.
        releaseBytes(sealed)
        const prints = decodeRankedPrints(head.rows, head.bucketBits, printed)
        releaseBytes(printed)
        return new IndexSegment(name, bytes, keys, file, head, prints)
      })
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get rows(): number {
    return this.head.rows
  }

  get pageCount(): number {
    return this.head.pageBytes.length
  }

  get residentBytes(): number {
    return this.prints.residentBytes + this.head.packIds.byteLength + this.packs.byteLength + this.#pageOffsets.byteLength + this.head.pageBytes.byteLength
  }

  /** The rows of a page; their packs are numbers of `packs`. */
  async readPage(page: number): Promise<Buffer> {
    const object = `index/${this.name}`
    const sealed = await readExactly(this.#file, object, this.#pageOffsets[page] ?? 0, this.head.pageBytes[page] ?? 0)
    return naming(object, () => {
      const plain = this.#keys.open('index', `${this.name}/${page}`, sealed)
      releaseBytes(sealed)
      const rows = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength)
      checkIndexRows(rows, INDEX_PAGE_ROWS, this.packs.length)
      return rows
    })
  }

  hold(): void {
    this.#holders += 1
  }

  async release(): Promise<void> {
    this.#holders -= 1
    if (this.#holders === 0) await this.#file.close()
  }
}
