// What the thread of one foreign stream does: cuts it, waits for the vault to say which segments it lacks, and seals those into blocks. Its owner gives it bytes, answers and
// packs; everything comes back in the order of the stream. Runs in a thread (cut-worker.ts), in tests without.

import { assert } from '../../kernel/assert.ts'
import { ID_BYTES, PACK_BLOCKS_MAX, PACK_BYTES, PACK_SEGMENTS_MAX } from '../../wire/vault/limits.ts'
import { NO_DIRECTORY } from '../../wire/vault/recipe-entries.ts'
import type { BlockKind, DumpFacts, PackGrant, RecipeEntry, SealedBlock } from '../../wire/vault/uplink.ts'
import { BlockBuilder } from './block-builder.ts'
import { BlockSealer } from './block-seal.ts'
import { combineCrc32c } from './crc-combine.ts'
import { RecipeCutter } from './recipe-cutter.ts'
import type { SegmentHash } from './segment-hash.ts'
import { openSegmenter } from './segmenter.ts'
import { CUTTER_SLOT_BYTES, TarCutter } from './tar-cutter.ts'

export interface CutSettings {
  readonly vaultId: Uint8Array
  readonly idKey: Uint8Array
  readonly seed: Uint8Array
  readonly compressLevel: number
}

export interface SettledBlocks {
  readonly blocks: readonly SealedBlock[]
  /** No more blocks come for these. */
  readonly fullPacks: readonly Uint8Array[]
}

export interface FinishedCut extends SettledBlocks {
  readonly entries: readonly RecipeEntry[]
  readonly facts: DumpFacts
}

/** Segments that were cut and wait for an answer. */
class HeldSegments {
  readonly kinds: BlockKind[] = []
  readonly lengths: number[] = []
  #ids = Buffer.allocUnsafeSlow(64 * ID_BYTES)
  #bytes = new Uint8Array(1024 * 1024)
  #used = 0

  add(kind: BlockKind, ids: Uint8Array, idAt: number, segment: Uint8Array): void {
    const count = this.kinds.length
    if ((count + 1) * ID_BYTES > this.#ids.length) this.#ids = Buffer.concat([this.#ids, this.#ids])
    this.#ids.set(ids.subarray(idAt, idAt + ID_BYTES), count * ID_BYTES)
    if (this.#used + segment.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#used + segment.length))
      grown.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = grown
    }
    this.#bytes.set(segment, this.#used)
    this.#used += segment.length
    this.kinds.push(kind)
    this.lengths.push(segment.length)
  }

  get ids(): Buffer {
    return this.#ids.subarray(0, this.kinds.length * ID_BYTES)
  }

  bytes(start: number, length: number): Uint8Array {
    return this.#bytes.subarray(start, start + length)
  }
}

/** Ids that were sent are remembered up to so many; a segment may well be sent twice. */
const SENT_MAX = 65_536

export class CutWork {
  readonly #sealer: BlockSealer
  readonly #builders: Readonly<Record<BlockKind, BlockBuilder>>
  readonly #cutter: TarCutter
  #held = new HeldSegments()
  readonly #waiting: HeldSegments[] = []
  readonly #sent = new Set<string>()
  readonly #grants: PackGrant[] = []
  #packBlocks = 0
  #packBytes = 0
  #packSegments = 0
  readonly #entries: RecipeEntry[] = []
  #crc = 0
  #nativeBytes = 0
  #members = 0

  /** `hash` has the key of the settings. */
  constructor(settings: CutSettings, hash: SegmentHash) {
    this.#sealer = new BlockSealer(settings.compressLevel)
    this.#builders = { data: new BlockBuilder(settings.vaultId, 'data', this.#sealer), recipe: new BlockBuilder(settings.vaultId, 'recipe', this.#sealer) }
    const recipe = new RecipeCutter(({ bytes, nativeBytes, crc, members }) => {
      const id = hash.id(bytes)
      this.#held.add('recipe', id, 0, bytes)
      this.#entries.push({ id, recipeBytes: bytes.length, nativeBytes, crc, directory: NO_DIRECTORY })
      this.#crc = combineCrc32c(this.#crc, crc, nativeBytes)
      this.#nativeBytes += nativeBytes
      this.#members += members
    })
    this.#cutter = new TarCutter(openSegmenter(settings.seed, CUTTER_SLOT_BYTES), hash, recipe, (ids, idAt, segment) => this.#held.add('data', ids, idAt, segment))
  }

  /** The next bytes of the stream. Ids of the segments that are held until `settle`. */
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#cutter.push(bytes)
    return this.#hold()
  }

  /** The stream is over. */
  end(): Uint8Array<ArrayBuffer> {
    this.#cutter.finish()
    return this.#hold()
  }

  /** A pack to fill, after the ones before. There have to be two before `settle`, if anything is unknown. */
  grant(grant: PackGrant): void {
    this.#grants.push(grant)
  }

  /** Which of the oldest held segments the vault has: a bit each. */
  settle(known: Uint8Array): SettledBlocks {
    const held = this.#waiting.shift()
    assert(held !== undefined, 'an answer without a question')
    const result = { blocks: [] as SealedBlock[], fullPacks: [] as Uint8Array[] }
    let start = 0
    for (const [index, length] of held.lengths.entries()) {
      const isKnown = (((known[index >> 3] ?? 0) >> (index & 7)) & 1) === 1
      const kind = held.kinds[index] ?? 'data'
      if (!isKnown && this.#isFresh(held.ids, index)) {
        this.#builders[kind].add(held.ids, index * ID_BYTES, held.bytes(start, length))
        if (this.#builders[kind].isFull) this.#seal(kind, result)
      }
      start += length
    }
    return result
  }

  /** Everything was settled: the last blocks, and the dump. */
  finish(): FinishedCut {
    assert(this.#waiting.length === 0, 'a question without an answer')
    const result = { blocks: [] as SealedBlock[], fullPacks: [] as Uint8Array[] }
    for (const kind of ['data', 'recipe'] as const) if (this.#builders[kind].count > 0) this.#seal(kind, result)
    const last = this.#grants[0]
    if (last !== undefined && this.#packBlocks > 0) result.fullPacks.push(last.packId)
    const facts = { nativeBytes: this.#nativeBytes, nativeCrc: this.#crc, members: this.#members, readBytes: this.#nativeBytes, unchangedBytes: 0 }
    return { ...result, entries: this.#entries, facts }
  }

  close(): void {
    this.#sealer.close()
  }

  #hold(): Uint8Array<ArrayBuffer> {
    this.#waiting.push(this.#held)
    const ids = new Uint8Array(this.#held.ids)
    this.#held = new HeldSegments()
    return ids
  }

  #isFresh(ids: Buffer, index: number): boolean {
    const id = ids.toString('latin1', index * ID_BYTES, (index + 1) * ID_BYTES)
    if (this.#sent.has(id)) return false
    if (this.#sent.size >= SENT_MAX) this.#sent.clear()
    this.#sent.add(id)
    return true
  }

  #seal(kind: BlockKind, { blocks, fullPacks }: { blocks: SealedBlock[]; fullPacks: Uint8Array[] }): void {
    const builder = this.#builders[kind]
    if (this.#packBytes >= PACK_BYTES || this.#packBlocks >= PACK_BLOCKS_MAX || this.#packSegments + builder.count > PACK_SEGMENTS_MAX) {
      const full = this.#grants.shift()
      if (full !== undefined) fullPacks.push(full.packId)
      this.#packBytes = this.#packBlocks = this.#packSegments = 0
    }
    const grant = this.#grants[0]
    assert(grant !== undefined, 'there is no pack for a block')
    this.#packSegments += builder.count
    const block = builder.seal(grant, this.#packBlocks++)
    this.#packBytes += block.sealed.length
    blocks.push(block)
  }
}
