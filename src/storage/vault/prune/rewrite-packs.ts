// Copies what is still needed of packs into new ones. Blocks are opened, the ids of what is copied compared, and sealed again under the key of the new pack: no block is
// ever moved as it is, since its seal names its pack.

import { Fault } from '../../../kernel/fault.ts'
import { BLOCK_PLAIN_BYTES, BLOCK_SEGMENTS_MAX, ID_BYTES, PACK_BLOCKS_MAX, PACK_BYTES, PACK_ID_BYTES, PACK_SEGMENTS_MAX, SALT_BYTES } from '../../../wire/vault/limits.ts'
import type { TrailerBlock } from '../../../wire/vault/pack-trailer.ts'
import type { BlockKind, SealedBlock } from '../../../wire/vault/uplink.ts'
import type { PackRecord } from '../pack-catalogue.ts'
import { PackWriter, type FinishedPack } from '../packs/pack-writer.ts'
import type { VaultCore } from '../vault-core.ts'
import type { RowMarks } from './row-marks.ts'

const COMPRESS_LEVEL = 1

interface Gathered {
  readonly ids: Uint8Array[]
  readonly lengths: number[]
  readonly pieces: Uint8Array[]
  bytes: number
}

/** Writes packs of one dedup domain. */
export class PackRewriter {
  readonly #core: VaultCore
  readonly #domain: string
  readonly #finished: FinishedPack[] = []
  readonly #gathered: Readonly<Record<BlockKind, Gathered>> = { data: nothing(), recipe: nothing() }
  #writer: PackWriter | undefined
  #number = 0
  #bytes = 0
  #segments = 0

  constructor(core: VaultCore, domain: string) {
    this.#core = core
    this.#domain = domain
  }

  /** Copies what `marks` needs of the pack. */
  async copy(pack: PackRecord, marks: RowMarks): Promise<void> {
    const packId = Buffer.from(pack.id, 'hex')
    const { trailer } = await this.#core.packFiles.readTrailer(packId)
    if (trailer.domain !== this.#domain) throw new Fault('vault-damaged', `pack ${pack.id} is of another dedup domain than the ledger says`)
    for (const block of trailer.blocks) {
      const needed = await marks.neededIn(pack.ordinal, block.ids)
      if (needed.includes(1)) await this.#copyBlock(packId, block, needed)
    }
  }

  /** All that was copied, in packs that are durable and not yet listed. */
  async finish(): Promise<readonly FinishedPack[]> {
    for (const kind of ['data', 'recipe'] as const) await this.#closeBlock(kind)
    await this.#closePack()
    return this.#finished
  }

  async drop(): Promise<void> {
    if (this.#writer !== undefined) this.#core.inFlight.delete(this.#writer.id)
    await this.#writer?.drop()
  }

  /** What it finished is named by the ledger now, or is garbage. */
  release(): void {
    for (const { listing } of this.#finished) this.#core.inFlight.delete(listing.id)
  }

  async #copyBlock(packId: Uint8Array, block: TrailerBlock, needed: Uint8Array): Promise<void> {
    const { threads, keys, packFiles, limits } = this.#core
    const { ids, starts, lengths } = chosen(block, needed)
    const sealed = await packFiles.readBlock({ ...block, packId, start: 0, length: 0 })
    const plain = await threads.open({ vaultId: keys.vaultId, key: await packFiles.keyOf(packId), block: { ...block, packId, ids: new Uint8Array(0), lengths: new Uint32Array(0), sealed } }, { idKey: keys.idKey(this.#domain), ids, starts, lengths })
    const gathered = this.#gathered[block.kind]
    for (const [index, length] of lengths.entries()) {
      const start = starts[index] ?? 0
      gathered.ids.push(ids.slice(index * ID_BYTES, (index + 1) * ID_BYTES))
      gathered.lengths.push(length)
      gathered.pieces.push(plain.subarray(start, start + length))
      gathered.bytes += length
      if (gathered.bytes >= (limits.blockBytes ?? BLOCK_PLAIN_BYTES) || gathered.lengths.length >= BLOCK_SEGMENTS_MAX) await this.#closeBlock(block.kind)
    }
  }

  async #closeBlock(kind: BlockKind): Promise<void> {
    const { ids, lengths, pieces } = this.#gathered[kind]
    if (lengths.length === 0) return
    if (this.#bytes >= PACK_BYTES || this.#number >= PACK_BLOCKS_MAX || this.#segments + lengths.length > PACK_SEGMENTS_MAX) await this.#closePack()
    const writer = (this.#writer ??= this.#begin())
    const { threads, keys } = this.#core
    const block: SealedBlock = await threads.seal({ vaultId: keys.vaultId, key: writer.plan.key, packId: writer.plan.packId, number: this.#number++, kind, ids: Buffer.concat(ids), lengths: Uint32Array.from(lengths), compressLevel: COMPRESS_LEVEL }, Buffer.concat(pieces))
    this.#gathered[kind].ids.length = 0
    this.#gathered[kind].lengths.length = 0
    this.#gathered[kind].pieces.length = 0
    this.#gathered[kind].bytes = 0
    writer.take(block)
    await writer.append(block)
    this.#bytes += block.sealed.length
    this.#segments += block.lengths.length
  }

  async #closePack(): Promise<void> {
    const writer = this.#writer
    this.#writer = undefined
    this.#number = 0
    this.#bytes = 0
    this.#segments = 0
    if (writer === undefined) return
    this.#core.inFlight.add(writer.id)
    const finished = await writer.finish(Math.floor(this.#core.clock.wallMs()))
    if (finished !== undefined) this.#finished.push(finished)
  }

  #begin(): PackWriter {
    const { keys, random, directory } = this.#core
    const packId = random.bytes(PACK_ID_BYTES)
    const salt = random.bytes(SALT_BYTES)
    return new PackWriter(directory, { vaultId: keys.vaultId, packId, salt, key: keys.packKey(packId, salt), domain: this.#domain })
  }
}

function nothing(): Gathered {
  return { ids: [], lengths: [], pieces: [], bytes: 0 }
}

/** The segments of a block that are needed; one that is there twice is taken once. */
function chosen(block: TrailerBlock, needed: Uint8Array): { readonly ids: Uint8Array; readonly starts: Uint32Array; readonly lengths: Uint32Array } {
  const seen = new Set<string>()
  const ids: Uint8Array[] = []
  const starts: number[] = []
  const lengths: number[] = []
  let start = 0
  for (const [index, length] of block.lengths.entries()) {
    const id = block.ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES)
    const name = Buffer.from(id).toString('latin1')
    if (needed[index] === 1 && !seen.has(name)) {
      seen.add(name)
      ids.push(id)
      starts.push(start)
      lengths.push(length)
    }
    start += length
  }
  return { ids: Buffer.concat(ids), starts: Uint32Array.from(starts), lengths: Uint32Array.from(lengths) }
}
