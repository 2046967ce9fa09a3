// A vault in memory for whoever reads dumps: segments in blocks, places, packs, threads that are none, and no ciphers. Bytes are cut as a seed says, some segments are
// used again, and what a block holds can be damaged, lost or moved.

import { Fault } from '../src/kernel/fault.ts'
import { crc32c } from '@node-rs/crc32'
import { Blake3Hasher } from '@napi-rs/blake-hash'
import { createDumpReader } from '../src/storage/vault/dump-reader.ts'
import type { VaultDump, VaultDumpReader } from '../src/storage/vault/contract.ts'
import type { SegmentPlace } from '../src/storage/vault/segment-places.ts'
import type { BlockThreads, WantedSegments } from '../src/stream/vault/contract.ts'
import { RunningCrc32c } from '../src/stream/crc32c.ts'
import { encodeDumpHeader } from '../src/wire/amanda/dump-header.ts'
import { NO_DIRECTORY } from '../src/wire/vault/recipe-entries.ts'
import { RecipeWriter } from '../src/wire/vault/recipe-writer.ts'
import type { RecipeEntry } from '../src/wire/vault/uplink.ts'

const ID_KEY = Buffer.alloc(32, 7)
const VAULT_ID = Buffer.alloc(16, 9)

/** As segment-hash.ts, but at once. */
function segmentId(idKey: Buffer, plain: Uint8Array): Buffer {
  return Buffer.from(Blake3Hasher.newKeyed(idKey).update(Buffer.from(plain)).digest('hex'), 'hex')
}

export interface MemorySegmentSizes {
  /** A block is closed when it holds so much. */
  readonly blockBytes: number
  /** Largest segment. */
  readonly segmentBytes: number
  /** Of a piece of the recipe. */
  readonly recipeBytes: number
}

interface Block {
  readonly kind: 'data' | 'recipe'
  plain: Buffer
  isLost: boolean
}

interface Spot {
  block: number
  readonly start: number
  readonly length: number
}

export interface MemoryDumpFacts {
  readonly host?: string
  readonly disk?: string
  readonly run?: string
  readonly maker?: VaultDump['maker']
}

export class MemorySegments {
  readonly blocks: Block[] = []
  readonly dumps = new Map<string, { readonly dump: VaultDump; readonly entries: readonly RecipeEntry[] }>()
  /** Numbers of the blocks that were opened, in order. */
  readonly opened: number[] = []
  openNow = 0
  openMost = 0
  closed = 0
  readonly #sizes: MemorySegmentSizes
  readonly #spots = new Map<string, Spot>()
  readonly #random: () => number

  /** `random`: `[0, 1)`. */
  constructor(sizes: MemorySegmentSizes, random: () => number) {
    this.#sizes = sizes
    this.#random = random
  }

  /** Stores `bytes` as a dump; `members`: where members of the archive begin. */
  add(bytes: Buffer, facts: MemoryDumpFacts = {}, members: readonly number[] = []): VaultDump {
    const { host = 'h', disk = '/d', run = '20260101000000', maker = 'archive' } = facts
    const entries: RecipeEntry[] = []
    const writer = new RecipeWriter()
    let begun = 0
    const flush = (to: number): void => {
      if (writer.length === 0) return
      const recipe = Buffer.from(writer.bytes())
      writer.clear()
      entries.push({ id: this.#store('recipe', recipe), recipeBytes: recipe.length, nativeBytes: to - begun, crc: crc32c(bytes.subarray(begun, to)), directory: NO_DIRECTORY })
      begun = to
    }
    const cuts = [...members.filter((at) => at > 0), bytes.length]
    let at = 0
    for (const cut of cuts) {
      if (members.includes(at)) writer.member()
      // What begins a member is its header.
      const head = Math.min(members.length > 0 ? 512 : 0, cut - at)
      writer.literal(bytes.subarray(at, at + head))
      at += head
      while (at < cut) at += this.#step(writer, bytes, at, cut)
      if (writer.length >= this.#sizes.recipeBytes) flush(at)
    }
    flush(at)
    const crc = new RunningCrc32c()
    crc.update(bytes)
    const manifest = `m${this.dumps.size + 1}`
    const header = encodeDumpHeader({ kind: 'file', datestamp: run, host, disk, level: 0, compress: 'N', program: '/bin/tar', application: 'archive', nativeCrc: crc.text(), clientCrc: crc.text(), serverCrc: crc.text() } as never).toString('utf8')
    const dump: VaultDump = {
      manifest, host, disk, run, level: 0, baseRun: undefined, domain: '', maker, header, startedMs: 0, endedMs: 1, nativeBytes: bytes.length, nativeCrc: crc.text(), members: members.length, addedBytes: bytes.length,
      recipeBytes: entries.reduce((sum, { recipeBytes }) => sum + recipeBytes, 0), verifiedMs: undefined, tags: [], isPinned: false,
    }
    this.dumps.set(manifest, { dump, entries })
    return dump
  }

  /** As `Vault.openDump`. */
  openDump(manifest: string): Promise<VaultDumpReader | undefined> {
    const found = this.dumps.get(manifest)
    if (found === undefined) return Promise.resolve(undefined)
    const close = (): Promise<void> => {
      this.closed++
      return Promise.resolve()
    }
    return Promise.resolve(createDumpReader({ ...found, vaultId: VAULT_ID, idKey: ID_KEY, places: { locate: (ids) => Promise.resolve(this.#locate(ids)) }, packs: this.#packs(), threads: this.#threads(), close }))
  }

  /** Puts all segments into other blocks, and loses the blocks that they were in. */
  move(): void {
    const moved = new Map<number, number>()
    for (const spot of this.#spots.values()) {
      const to = moved.get(spot.block) ?? this.blocks.push({ ...this.#block(spot.block) }) - 1
      moved.set(spot.block, to)
      spot.block = to
    }
    for (const from of moved.keys()) this.#block(from).isLost = true
  }

  /** Forgets where the first data segment lies. */
  forget(): void {
    const [id] = [...this.#spots].find(([, { block }]) => this.#block(block).kind === 'data') ?? []
    if (id !== undefined) this.#spots.delete(id)
  }

  #step(writer: RecipeWriter, bytes: Buffer, at: number, cut: number): number {
    const length = Math.max(1, Math.min(cut - at, Math.ceil(this.#random() * this.#sizes.segmentBytes)))
    const piece = bytes.subarray(at, at + length)
    if (piece.every((byte) => byte === 0)) writer.zeros(length)
    else if (length < 32) writer.literal(piece)
    else writer.segment(this.#store('data', piece), 0, length, crc32c(piece))
    return length
  }

  #store(kind: Block['kind'], plain: Buffer): Buffer {
    const id = Buffer.from(segmentId(ID_KEY, plain))
    const key = id.toString('hex')
    if (this.#spots.has(key)) return id
    let number = this.blocks.findLastIndex((block) => block.kind === kind)
    if (number < 0 || this.#block(number).plain.length >= this.#sizes.blockBytes) number = this.blocks.push({ kind, plain: Buffer.alloc(0), isLost: false }) - 1
    const block = this.#block(number)
    this.#spots.set(key, { block: number, start: block.plain.length, length: plain.length })
    block.plain = Buffer.concat([block.plain, plain])
    return id
  }

  #block(number: number): Block {
    const block = this.blocks[number]
    if (block === undefined) throw new Fault('internal', `there is no block ${number}`)
    return block
  }

  #locate(ids: Uint8Array): (SegmentPlace | undefined)[] {
    return Array.from({ length: ids.length / 32 }, (_, index) => {
      const spot = this.#spots.get(Buffer.from(ids.subarray(32 * index, 32 * index + 32)).toString('hex'))
      if (spot === undefined) return undefined
      const { kind, plain } = this.#block(spot.block)
      return { packId: Buffer.alloc(16, 1), number: spot.block, offset: 0, sealedBytes: plain.length, kind, compression: 'none', plainBytes: plain.length, start: spot.start, length: spot.length }
    })
  }

  #packs(): Parameters<typeof createDumpReader>[0]['packs'] {
    return {
      keyOf: () => Promise.resolve(Buffer.alloc(32)),
      readBlock: ({ number }) => (this.#block(number).isLost ? Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' })) : Promise.resolve(Uint8Array.from(this.#block(number).plain))),
    }
  }

  #threads(): BlockThreads {
    const never = (): Promise<never> => Promise.reject(new Fault('internal', 'a reader only opens'))
    return {
      check: never,
      seal: never,
      open: async ({ block }, wanted) => {
        this.opened.push(block.number)
        this.openMost = Math.max(this.openMost, ++this.openNow)
        // Later ones are not always ready later.
        for (let turns = Math.floor(this.#random() * 4); turns > 0; turns--) await Promise.resolve()
        this.openNow--
        compare(block.sealed, wanted)
        return block.sealed
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }
}

function compare(plain: Uint8Array, wanted: WantedSegments | undefined): void {
  for (const [index, start] of (wanted?.starts ?? new Uint32Array(0)).entries()) {
    const bytes = plain.subarray(start, start + (wanted?.lengths[index] ?? 0))
    if (Buffer.compare(segmentId(ID_KEY, bytes), wanted?.ids.subarray(32 * index, 32 * index + 32) ?? bytes) !== 0) throw new Fault('vault-damaged', 'a segment is not that of its id')
  }
}
