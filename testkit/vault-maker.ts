// A small maker of dumps for tests and simulations of the vault: cuts bytes into segments at fixed places, asks which are known, packs the others into blocks and writes
// the recipe. What it does wrong on purpose is a hook's matter.

import { crc32c } from '@node-rs/crc32'
import type { Random } from '../src/kernel/random.ts'
import type { BlockThreads } from '../src/stream/vault/contract.ts'
import { openSegmentHash, type SegmentHash } from '../src/stream/vault/segment-hash.ts'
import { NO_DIRECTORY } from '../src/wire/vault/recipe-entries.ts'
import { RecipeWriter } from '../src/wire/vault/recipe-writer.ts'
import type { BlockKind, CommittedDump, PackGrant, RecipeEntry, SealedBlock, VaultUplink } from '../src/wire/vault/uplink.ts'

export interface MakerSettings {
  readonly segmentBytes: number
  /** Segments a block. */
  readonly blockSegments: number
  /** Blocks a pack. */
  readonly packBlocks: number
  /** Segments that one recipe segment names. */
  readonly recipeSegments: number
}

export const SMALL_MAKER: MakerSettings = { segmentBytes: 700, blockSegments: 5, packBlocks: 3, recipeSegments: 6 }

interface Segment {
  readonly id: Uint8Array
  readonly plain: Uint8Array
}

/** The pack that it fills, and the number of its next block. */
interface MakerMemory {
  readonly pack: PackGrant | undefined
  readonly number: number
}

export class VaultMaker {
  readonly #uplink: VaultUplink
  readonly #threads: BlockThreads
  readonly #settings: MakerSettings
  #memory: MakerMemory = { pack: undefined, number: 0 }
  /** What it remembered before each block. */
  readonly #before: MakerMemory[] = []
  /** Called with each block before it is sent. */
  readonly onBlock: (block: SealedBlock) => void
  /** The server took the block. */
  readonly onTaken: (block: SealedBlock, grant: PackGrant) => void

  constructor(uplink: VaultUplink, threads: BlockThreads, settings: MakerSettings, onBlock: (block: SealedBlock) => void = () => {}, onTaken: (block: SealedBlock, grant: PackGrant) => void = () => {}) {
    this.#uplink = uplink
    this.#threads = threads
    this.#settings = settings
    this.onBlock = onBlock
    this.onTaken = onTaken
  }

  async dump(bytes: Uint8Array): Promise<CommittedDump> {
    const welcome = await this.#uplink.welcome()
    const hash = await openSegmentHash(welcome.idKey)
    const segments: Segment[] = []
    for (let at = 0; at < bytes.length; at += this.#settings.segmentBytes) {
      const plain = bytes.subarray(at, at + this.#settings.segmentBytes)
      segments.push({ id: hash.id(plain), plain })
    }
    await this.#store(segments, 'data', welcome.vaultId)
    const entries = await this.#recipe(segments, hash, welcome.vaultId)
    await this.#seal()
    await this.#uplink.sendRecipe(entries)
    return this.#uplink.finish({ nativeBytes: bytes.length, nativeCrc: crc32c(bytes), members: 0, readBytes: bytes.length, unchangedBytes: 0 })
  }

  /** Its machine goes on from a snapshot that was made `blocks` blocks ago: packs and numbers are those of then, what comes next is not. Returns what may be sealed again; empty: nothing. */
  goBack(blocks: number): readonly PackGrant[] {
    const then = this.#before.length - blocks
    const forgotten = this.#before.splice(Math.max(0, then))
    this.#memory = forgotten[0] ?? this.#memory
    return forgotten.flatMap(({ pack }) => pack ?? [])
  }

  async #recipe(segments: readonly Segment[], hash: SegmentHash, vaultId: Uint8Array): Promise<readonly RecipeEntry[]> {
    const entries: RecipeEntry[] = []
    const pieces: Segment[] = []
    for (let from = 0; from < segments.length; from += this.#settings.recipeSegments) {
      const part = segments.slice(from, from + this.#settings.recipeSegments)
      const writer = new RecipeWriter()
      for (const { id, plain } of part) writer.segment(id, 0, plain.length, crc32c(plain))
      const plain = Uint8Array.from(writer.bytes())
      const id = hash.id(plain)
      const native = Buffer.concat(part.map((segment) => segment.plain))
      pieces.push({ id, plain })
      entries.push({ id, recipeBytes: plain.length, nativeBytes: native.length, crc: crc32c(native), directory: NO_DIRECTORY })
    }
    await this.#store(pieces, 'recipe', vaultId)
    return entries
  }

  /** Sends what is not known yet. */
  async #store(segments: readonly Segment[], kind: BlockKind, vaultId: Uint8Array): Promise<void> {
    const fresh: Segment[] = []
    const met = new Set<string>()
    for (let from = 0; from < segments.length; from += 64) {
      const part = segments.slice(from, from + 64)
      const known = await this.#uplink.known(Buffer.concat(part.map(({ id }) => id)))
      for (const [index, segment] of part.entries()) {
        const name = Buffer.from(segment.id).toString('hex')
        if (((known[index >> 3] ?? 0) & (1 << (index & 7))) !== 0 || met.has(name)) continue
        met.add(name)
        fresh.push(segment)
      }
    }
    for (let from = 0; from < fresh.length; from += this.#settings.blockSegments) await this.#block(fresh.slice(from, from + this.#settings.blockSegments), kind, vaultId)
  }

  async #block(segments: readonly Segment[], kind: BlockKind, vaultId: Uint8Array): Promise<void> {
    if (this.#memory.pack !== undefined && this.#memory.number >= this.#settings.packBlocks) await this.#seal()
    const grant = this.#memory.pack ?? (await this.#uplink.grantPack())
    const { number } = this.#memory
    this.#before.push({ pack: grant, number })
    this.#memory = { pack: grant, number: number + 1 }
    const facts = { vaultId, key: grant.key, packId: grant.packId, number, kind, ids: Buffer.concat(segments.map(({ id }) => id)), lengths: Uint32Array.from(segments.map(({ plain }) => plain.length)), compressLevel: 1 }
    const block = await this.#threads.seal(facts, Buffer.concat(segments.map(({ plain }) => plain)))
    this.onBlock(block)
    await this.#uplink.sendBlock(block)
    this.onTaken(block, grant)
  }

  async #seal(): Promise<void> {
    const { pack } = this.#memory
    this.#memory = { pack: undefined, number: 0 }
    if (pack !== undefined) await this.#uplink.sealPack(pack.packId)
  }
}

/** Bytes of a dump that shares most of its segments with others of the same `seed`. */
export function dumpBytes(random: Random, pool: Uint8Array, segmentBytes: number, count: number): Uint8Array {
  const pieces: Uint8Array[] = []
  const all = Math.floor(pool.length / segmentBytes)
  for (let index = 0; index < count; index++) {
    const at = random.int(all) * segmentBytes
    pieces.push(pool.subarray(at, at + segmentBytes))
  }
  return Buffer.concat(pieces)
}
