// Blocks that a reader has opened, and those it was done with last, which are often wanted again: neighbours of a file, the recipe of the next range. Bounded by
// bytes. A segment leaves here only after its id was compared with its bytes: by the thread that opened the block, or here when it was asked for later.

import { Fault } from '../../kernel/fault.ts'
import { releaseBytes } from '../../kernel/release-bytes.ts'
import type { WantedSegments } from '../../stream/vault/contract.ts'
import { openSegmentHash, type SegmentHash } from '../../stream/vault/segment-hash.ts'
import { ID_BYTES } from '../../wire/vault/limits.ts'
import type { BlockKind } from '../../wire/vault/uplink.ts'
import type { DumpReaderParts, SegmentPlace } from './segment-places.ts'

export interface OpenBlock {
  readonly key: string
  readonly kind: BlockKind
  readonly plain: Uint8Array
  /** Ids that were compared, by where their segments begin. */
  readonly compared: Map<number, Uint8Array>
}

export type OpenBlocksParts = Pick<DumpReaderParts, 'vaultId' | 'idKey' | 'packs' | 'threads'>

/** Blocks kept that nobody is reading. */
const IDLE_BYTES_MAX = 8 * 1024 * 1024
const NO_IDS = new Uint8Array(0)
const NO_LENGTHS = new Uint32Array(0)

/** Segments that are wanted of one block, gathered before it is opened. */
export class WantedList {
  readonly #ids: Uint8Array[] = []
  readonly #starts: number[] = []
  readonly #lengths: number[] = []
  readonly #idAt = new Map<number, Uint8Array>()

  add(id: Uint8Array, { start, length }: SegmentPlace): void {
    if (this.#idAt.has(start)) return
    this.#idAt.set(start, id)
    this.#ids.push(id)
    this.#starts.push(start)
    this.#lengths.push(length)
  }

  /** A copy: more may be added while the block is opened. */
  idAt(): Map<number, Uint8Array> {
    return new Map(this.#idAt)
  }

  wanted(idKey: Uint8Array): WantedSegments {
    const ids = new Uint8Array(this.#ids.length * ID_BYTES)
    for (const [index, id] of this.#ids.entries()) ids.set(id, index * ID_BYTES)
    return { idKey, ids, starts: Uint32Array.from(this.#starts), lengths: Uint32Array.from(this.#lengths) }
  }
}

/** Nobody uses the block any more: its memory is free at once, not when the engine finds it. Of a recipe's, literals may still be waiting to be given. */
export function letGo({ kind, plain }: OpenBlock): void {
  if (kind === 'data') releaseBytes(plain)
}

/** The same for all segments of a block. */
export function blockKey({ packId, number }: SegmentPlace): string {
  return `${Buffer.from(packId.buffer, packId.byteOffset, packId.byteLength).toString('latin1')}${number}`
}

export class OpenBlocks {
  readonly #parts: OpenBlocksParts
  /** The one that was given back last is the last. */
  readonly #idle = new Map<string, OpenBlock>()
  #idleBytes = 0
  #bytesRead = 0
  #hash: Promise<SegmentHash> | undefined

  constructor(parts: OpenBlocksParts) {
    this.#parts = parts
  }

  /** Sealed bytes read so far. */
  get bytesRead(): number {
    return this.#bytesRead
  }

  /** A block that was given back, if it is still here. It is the caller's then. */
  take(key: string): OpenBlock | undefined {
    const block = this.#idle.get(key)
    if (block === undefined) return undefined
    this.#idle.delete(key)
    this.#idleBytes -= block.plain.length
    return block
  }

  giveBack(block: OpenBlock): void {
    if (this.#idle.has(block.key)) return
    this.#idle.set(block.key, block)
    this.#idleBytes += block.plain.length
    for (const [key, oldest] of this.#idle) {
      if (this.#idleBytes <= IDLE_BYTES_MAX) break
      this.#idle.delete(key)
      this.#idleBytes -= oldest.plain.length
      letGo(oldest)
    }
  }

  /** Reads and opens a block; the ids of `list` are compared. Rejects with `vault-damaged`, or with what reading the pack said. */
  async open(place: SegmentPlace, list: WantedList): Promise<OpenBlock> {
    const { packs, threads, vaultId, idKey } = this.#parts
    const wanted = list.wanted(idKey)
    const compared = list.idAt()
    const [key, sealed] = await Promise.all([packs.keyOf(place.packId), packs.readBlock(place)])
    this.#bytesRead += place.sealedBytes
    const { packId, number, kind, compression, plainBytes } = place
    const plain = await threads.open({ vaultId, key, block: { packId, number, kind, compression, plainBytes, ids: NO_IDS, lengths: NO_LENGTHS, sealed } }, wanted)
    return { key: blockKey(place), kind, plain, compared }
  }

  /** The bytes of a segment, which are those of its id: at once when they were compared. They are good as long as they are held. */
  segment(block: OpenBlock, id: Uint8Array, place: Pick<SegmentPlace, 'start' | 'length' | 'packId' | 'number'>): Uint8Array | Promise<Uint8Array> {
    const { start, length } = place
    const bytes = block.plain.subarray(start, start + length)
    const known = block.compared.get(start)
    const isCompared = known !== undefined && bytes.length === length && (known === id || Buffer.compare(known, id) === 0)
    return isCompared ? bytes : this.#compare(block, id, place, bytes)
  }

  async #compare({ compared }: OpenBlock, id: Uint8Array, { start, length, packId, number }: Pick<SegmentPlace, 'start' | 'length' | 'packId' | 'number'>, bytes: Uint8Array): Promise<Uint8Array> {
    this.#hash ??= openSegmentHash(this.#parts.idKey)
    const isSame = bytes.length === length && (await this.#hash).isId(bytes, id, 0)
    if (!isSame) throw new Fault('vault-damaged', `the segment ${Buffer.from(id).toString('hex')} is not what block ${number} of pack ${Buffer.from(packId).toString('hex')} has at byte ${start}`)
    compared.set(start, id)
    return bytes
  }
}
