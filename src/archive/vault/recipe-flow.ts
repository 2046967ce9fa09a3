// The recipe of a dump on its way to the vault: cut into segments where members end, of which those of the base are known, others are asked for a batch at a time, and what the vault
// has not got is stored in blocks of their own. Entries go before the block that holds their segments, which is then judged when it comes; they are kept for the next dump as well,
// some hundred bytes for two hundred files.

import { combineCrc32c } from '../../stream/vault/crc-combine.ts'
import { BLOCK_PLAIN_BYTES, ID_BYTES } from '../../wire/vault/limits.ts'
import { IdFilter } from '../../wire/vault/id-filter.ts'
import { decodeRecipeEntries, writeRecipeEntry } from '../../wire/vault/recipe-entries.ts'
import type { RecipeEntry, VaultUplink } from '../../wire/vault/uplink.ts'
import { VaultWriter } from '../../wire/vault/vault-bytes.ts'
import { NativeSum, RecipeSegments, type CutSegment } from './recipe-segments.ts'
import type { SegmentTools } from './segment-tools.ts'
import type { VaultLink } from './vault-link.ts'

/** Segments of unknown fate that are held at once: about a megabyte. */
const HELD_MAX = 24
/** Entries in one call. */
const SENT_ENTRIES = 128

interface Held {
  readonly id: Uint8Array
  readonly bytes: Uint8Array
}

export interface RecipeParts {
  readonly uplink: VaultUplink
  readonly link: VaultLink
  readonly tools: SegmentTools
  readonly filter: Uint8Array | undefined
  /** Of the base. */
  readonly known: readonly RecipeEntry[]
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

export class RecipeFlow {
  nativeBytes = 0
  nativeCrc = 0
  members = 0
  readonly #parts: RecipeParts
  readonly #filter: IdFilter | undefined
  readonly #segments = new RecipeSegments((segment) => this.#take(segment))
  readonly #sum = new NativeSum()
  /** Cut and not dealt with yet. */
  #waiting: Held[] = []
  /** Ids of the base's segments and of this dump's. */
  readonly #known = new Set<string>()
  /** Checksums by id and directory. */
  readonly #crcs = new Map<string, number>()
  #held: Held[] = []
  #block: Held[] = []
  #blockBytes = 0
  readonly #entries = new VaultWriter(64 * 1024)
  /** Bytes of those that were sent. */
  #sentBytes = 0

  constructor(parts: RecipeParts) {
    this.#parts = parts
    this.#filter = parts.filter === undefined ? undefined : IdFilter.decode(parts.filter)
    for (const { id, directory, crc } of parts.known) {
      const key = keyOf(id)
      this.#known.add(key)
      this.#crcs.set(key + keyOf(directory), crc)
    }
  }

  /** The next bytes of the recipe. */
  async push(bytes: Uint8Array): Promise<void> {
    this.#segments.push(bytes)
    await this.#deal()
  }

  /** The recipe goes on in a segment of its own. */
  border(): void {
    this.#segments.border()
  }

  /** Bytes of the dump so far, of whole operations. */
  get expectedBytes(): number {
    return this.nativeBytes + this.#segments.nativeBytes
  }

  /** Stores what is left of the recipe. */
  async finish(): Promise<void> {
    this.#segments.finish()
    await this.#deal()
    await this.#ask()
    await this.#seal()
  }

  /** Those that were not sent yet. */
  async sendEntries(): Promise<void> {
    const bytes = Uint8Array.from(this.#entries.bytes().subarray(this.#sentBytes))
    this.#sentBytes += bytes.length
    const entries = decodeRecipeEntries(bytes)
    for (let from = 0; from < entries.length; from += SENT_ENTRIES) await this.#parts.uplink.sendRecipe(entries.slice(from, from + SENT_ENTRIES))
  }

  get entries(): readonly RecipeEntry[] {
    return decodeRecipeEntries(this.#entries.bytes())
  }

  #take({ bytes, nativeBytes, members, directory }: CutSegment): void {
    const id = Uint8Array.from(this.#parts.tools.idOf(bytes))
    const key = keyOf(id)
    const sumKey = key + keyOf(directory)
    const crc = this.#crcs.get(sumKey) ?? this.#sum.of(bytes, directory)
    this.#add({ id, recipeBytes: bytes.length, nativeBytes, crc, directory })
    this.members += members
    this.#crcs.set(sumKey, crc)
    if (this.#known.has(key)) return
    this.#known.add(key)
    this.#waiting.push({ id, bytes: Uint8Array.from(bytes) })
  }

  async #deal(): Promise<void> {
    for (const held of this.#waiting.splice(0)) {
      if (this.#filter?.mayHave(held.id) === false) await this.#store(held)
      else if (this.#held.push(held) === HELD_MAX) await this.#ask()
    }
  }

  #add(entry: RecipeEntry): void {
    writeRecipeEntry(this.#entries, entry)
    this.nativeCrc = combineCrc32c(this.nativeCrc, entry.crc, entry.nativeBytes)
    this.nativeBytes += entry.nativeBytes
  }

  async #ask(): Promise<void> {
    const held = this.#held
    this.#held = []
    if (held.length === 0) return
    const ids = new Uint8Array(ID_BYTES * held.length)
    for (const [index, { id }] of held.entries()) ids.set(id, ID_BYTES * index)
    const bits = await this.#parts.uplink.known(ids)
    for (const [index, segment] of held.entries()) if (((bits[index >> 3] ?? 0) >> (index & 7) & 1) === 0) await this.#store(segment)
  }

  async #store(segment: Held): Promise<void> {
    this.#block.push(segment)
    this.#blockBytes += segment.bytes.length
    if (this.#blockBytes >= BLOCK_PLAIN_BYTES) await this.#seal()
  }

  async #seal(): Promise<void> {
    const segments = this.#block
    this.#block = []
    this.#blockBytes = 0
    if (segments.length === 0) return
    const { link, tools } = this.#parts
    await this.sendEntries()
    const place = await link.place()
    const block = tools.seal(place, 'recipe', Buffer.concat(segments.map(({ bytes }) => bytes)), Buffer.concat(segments.map(({ id }) => id)), Uint32Array.from(segments, ({ bytes }) => bytes.length))
    await link.send(place.pack, block)
  }
}
