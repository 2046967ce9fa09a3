// The recipe of a dump on its way to the vault: cut into segments where members end, of which those of the base are known, others are asked for a batch at a time, and what the vault
// has not got is stored in blocks of their own. Entries are kept until all segments that the recipe names were sent: 48 bytes for some two hundred files.

import { combineCrc32c } from '../../stream/vault/crc-combine.ts'
import { BLOCK_PLAIN_BYTES, ID_BYTES } from '../../wire/vault/limits.ts'
import { IdFilter } from '../../wire/vault/id-filter.ts'
import { decodeRecipeEntries, encodeRecipeEntries, RECIPE_ENTRY_BYTES } from '../../wire/vault/recipe-entries.ts'
import type { RecipeEntry, VaultUplink } from '../../wire/vault/uplink.ts'
import { NativeSum, RecipeSegments, type CutSegment } from './recipe-segments.ts'
import type { SegmentTools } from './segment-tools.ts'
import type { VaultLink } from './vault-link.ts'

/** Segments of unknown fate that are held at once: about a megabyte. */
const HELD_MAX = 24
/** Entries in one call. */
const SENT_ENTRIES = 1024

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
  /** Of the base and of this dump. */
  readonly #known = new Map<string, { readonly crc: number }>()
  #held: Held[] = []
  #block: Held[] = []
  #blockBytes = 0
  #entries = new Uint8Array(64 * RECIPE_ENTRY_BYTES)
  #entryCount = 0

  constructor(parts: RecipeParts) {
    this.#parts = parts
    this.#filter = parts.filter === undefined ? undefined : IdFilter.decode(parts.filter)
    for (const { id, crc } of parts.known) this.#known.set(Buffer.from(id).toString('latin1'), { crc })
  }

  /** The next bytes of the recipe. */
  async push(bytes: Uint8Array): Promise<void> {
    this.#segments.push(bytes)
    await this.#deal()
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

  /** In the order of the dump; everything that they name was sent. */
  async sendEntries(): Promise<void> {
    for (let from = 0; from < this.#entryCount; from += SENT_ENTRIES) await this.#parts.uplink.sendRecipe(this.#slice(from, Math.min(this.#entryCount, from + SENT_ENTRIES)))
  }

  get entries(): readonly RecipeEntry[] {
    return this.#slice(0, this.#entryCount)
  }

  #slice(from: number, to: number): readonly RecipeEntry[] {
    return decodeRecipeEntries(this.#entries.subarray(RECIPE_ENTRY_BYTES * from, RECIPE_ENTRY_BYTES * to))
  }

  #take({ bytes, nativeBytes, members }: CutSegment): void {
    const id = Uint8Array.from(this.#parts.tools.idOf(bytes))
    const key = Buffer.from(id.buffer).toString('latin1')
    const known = this.#known.get(key)
    const crc = known?.crc ?? this.#sum.of(bytes)
    this.#add({ id, recipeBytes: bytes.length, nativeBytes, crc })
    this.members += members
    if (known !== undefined) return
    this.#known.set(key, { crc })
    this.#waiting.push({ id, bytes: Uint8Array.from(bytes) })
  }

  async #deal(): Promise<void> {
    for (const held of this.#waiting.splice(0)) {
      if (this.#filter?.mayHave(held.id) === false) await this.#store(held)
      else if (this.#held.push(held) === HELD_MAX) await this.#ask()
    }
  }

  #add(entry: RecipeEntry): void {
    const end = RECIPE_ENTRY_BYTES * (this.#entryCount + 1)
    if (end > this.#entries.length) {
      const grown = new Uint8Array(2 * this.#entries.length)
      grown.set(this.#entries)
      this.#entries = grown
    }
    this.#entries.set(encodeRecipeEntries([entry]), end - RECIPE_ENTRY_BYTES)
    this.#entryCount++
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
    const place = await link.place()
    const block = tools.seal(place, 'recipe', Buffer.concat(segments.map(({ bytes }) => bytes)), Buffer.concat(segments.map(({ id }) => id)), Uint32Array.from(segments, ({ bytes }) => bytes.length))
    await link.send(place.pack, block)
  }
}
