// One pack on its way in: blocks are appended as they come, in any order of their numbers; then the trailer says what is where, and the file gets its name. A write
// that fails cuts the pack there: what lies before is whole and can still be sealed.

import { assert } from '../../../kernel/assert.ts'
import { Fault } from '../../../kernel/fault.ts'
import { sealTrailer } from '../../../stream/vault/trailer-seal.ts'
import { ID_BYTES, PACK_BLOCKS_MAX, PACK_BYTES, PACK_SEGMENTS_MAX, TRAILER_NUMBER } from '../../../wire/vault/limits.ts'
import type { LedgerPack } from '../../../wire/vault/ledger.ts'
import type { TrailerBlock } from '../../../wire/vault/pack-trailer.ts'
import { encodePackFooter, encodePackHeader, packPath } from '../../../wire/vault/pack.ts'
import type { PackGrant, SealedBlock } from '../../../wire/vault/uplink.ts'
import { lengthOfRow } from '../../../wire/vault/index-row.ts'
import { RowTable } from '../index/row-table.ts'
import { sha256Of } from '../ledger/ledger-chain.ts'
import type { ObjectDraft, VaultDirectory } from '../vault-directory.ts'

const ROWS_EXPECTED = 1024

/** A pack that is durable under its name, and not yet part of the vault. */
export interface FinishedPack {
  readonly listing: LedgerPack
  readonly blocks: readonly TrailerBlock[]
}

export interface PackPlan {
  readonly vaultId: Uint8Array
  readonly packId: Uint8Array
  readonly salt: Uint8Array
  readonly key: Uint8Array
  readonly domain: string
}

export class PackWriter {
  readonly plan: PackPlan
  /** Lower-case hexadecimal digits. */
  readonly id: string
  readonly #directory: VaultDirectory
  readonly #numbers = new Set<number>()
  #blocks: TrailerBlock[] = []
  #table: RowTable | undefined
  #draft: ObjectDraft | undefined
  #opening: Promise<ObjectDraft> | undefined
  #segments = 0
  /** Where the first write failed. */
  #cutAt = Number.POSITIVE_INFINITY
  #bytes = 0
  #writing = 0
  #idle: (() => void)[] = []
  #isEnding = false

  constructor(directory: VaultDirectory, plan: PackPlan) {
    this.#directory = directory
    this.plan = plan
    this.id = hexOf(plan.packId)
  }

  get grant(): PackGrant {
    return { packId: this.plan.packId, key: this.plan.key }
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0
  }

  /** Takes the block's number for good, or throws `vault-refused`. Comes before the block is opened, so that a number is never used for two. */
  take(block: SealedBlock): void {
    const { number } = block
    const refuse = (why: string): Fault => new Fault('vault-refused', `pack ${this.id}: ${why}`)
    if (this.#isEnding) throw refuse('a block came after its end')
    if (!Number.isInteger(number) || number < 0 || number >= TRAILER_NUMBER) throw refuse(`a block cannot have number ${number}`)
    if (this.#numbers.has(number)) throw refuse(`block ${number} came twice`)
    if (this.#numbers.size >= PACK_BLOCKS_MAX || this.#segments + block.lengths.length > PACK_SEGMENTS_MAX || this.#bytes > PACK_BYTES) throw refuse('it is full')
    this.#numbers.add(number)
    this.#segments += block.lengths.length
    this.#bytes += block.sealed.length
  }

  /** The block was checked. Resolves when it is with the disk, which is not yet durable. */
  async append(block: SealedBlock): Promise<void> {
    if (this.#isEnding) throw new Fault('vault-refused', `pack ${this.id}: a block came after its end`)
    this.#writing += 1
    let offset = Number.POSITIVE_INFINITY
    try {
      const draft = await (this.#opening ??= this.#open())
      offset = draft.bytes
      await draft.append([block.sealed])
      this.#blocks.push({ number: block.number, offset, sealedBytes: block.sealed.length, kind: block.kind, compression: block.compression, plainBytes: block.plainBytes, ids: new Uint8Array(block.ids), lengths: block.lengths.slice() })
      this.#addRows(offset, block)
    } catch (error) {
      this.#cutAt = Math.min(this.#cutAt, offset)
      throw error
    } finally {
      this.#writing -= 1
      if (this.#writing === 0) for (const wake of this.#idle.splice(0)) wake()
    }
  }

  /** Bytes of the segment when the pack has it, else undefined. */
  lengthOf(ids: Uint8Array, at: number): number | undefined {
    const row = this.#table?.find(ids, at, () => true) ?? -1
    return row < 0 || this.#table === undefined ? undefined : lengthOfRow(this.#table.rows, row)
  }

  /** Undefined when there is nothing in it: then there is no file either. */
  async finish(createdMs: number): Promise<FinishedPack | undefined> {
    assert(!this.#isEnding, 'a pack ends twice')
    this.#isEnding = true
    await this.#settled()
    const draft = this.#draft
    this.#blocks = this.#blocks.filter(({ offset, sealedBytes }) => offset + sealedBytes <= this.#cutAt).toSorted((a, b) => a.offset - b.offset)
    if (draft === undefined || this.#blocks.length === 0) {
      await draft?.drop()
      return undefined
    }
    try {
      if (this.#cutAt < draft.bytes) await draft.truncate(this.#cutAt)
      const trailerOffset = draft.bytes
      const { domain } = this.plan
      const { sealed, plainBytes } = sealTrailer(this.plan, { domain, blocks: this.#blocks })
      const footer = encodePackFooter({ trailerOffset, sealedBytes: sealed.length, plainBytes })
      await draft.append([sealed, footer])
      await draft.commit()
      const segments = this.#blocks.reduce((sum, block) => sum + block.lengths.length, 0)
      const plain = this.#blocks.reduce((sum, block) => sum + block.plainBytes, 0)
      return { listing: { id: this.id, bytes: draft.bytes, sha256: sha256Of(Buffer.concat([sealed, footer])), domain, segments, plainBytes: plain, createdMs }, blocks: this.#blocks }
    } catch (error) {
      await this.#discard(draft)
      throw error
    }
  }

  /** Nothing of it stays. Does nothing after `finish`. */
  async drop(): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    await this.#settled()
    if (this.#draft !== undefined) await this.#discard(this.#draft)
  }

  /** Its key was used, so its name is not used again: what is left of it is garbage whenever it is found. */
  async #discard(draft: ObjectDraft): Promise<void> {
    await draft.drop().catch(() => undefined)
    if (draft.isNamed) await this.#directory.remove(packPath(this.plan.packId)).catch(() => undefined)
  }

  async #open(): Promise<ObjectDraft> {
    this.#draft = await this.#directory.draft(packPath(this.plan.packId))
    await this.#draft.append([encodePackHeader(this.plan)])
    return this.#draft
  }

  #addRows(offset: number, block: SealedBlock): void {
    this.#table ??= new RowTable(ROWS_EXPECTED)
    let start = 0
    const facts = { number: block.number, offset, sealedBytes: block.sealed.length, kind: block.kind, compression: block.compression, plainBytes: block.plainBytes }
    for (const [index, length] of block.lengths.entries()) {
      this.#table.add(block.ids, index * ID_BYTES, 0, facts, start, length)
      start += length
    }
  }

  #settled(): Promise<void> {
    return this.#writing === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve))
  }
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
