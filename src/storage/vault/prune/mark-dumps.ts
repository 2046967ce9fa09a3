// Marks what the listed dumps need: the segments of their recipes, and what these name. A recipe segment that several dumps share is read once. What a dump needs and
// the index does not have is told: then nothing may be thrown away.

import { Fault } from '../../../kernel/fault.ts'
import { releaseBytes } from '../../../kernel/release-bytes.ts'
import type { SealedBlock } from '../../../wire/vault/uplink.ts'
import { RecipeReader } from '../../../wire/vault/recipe-reader.ts'
import type { VaultProgress } from '../contract.ts'
import { hexOf } from '../packs/pack-writer.ts'
import type { SegmentPlace } from '../segment-places.ts'
import type { PackHolder, VaultCore } from '../vault-core.ts'
import type { RowMarks } from './row-marks.ts'

/** Recipe segments whose places are asked for together. */
const BATCH_IDS = 256

export interface MarkOptions {
  readonly progress: VaultProgress
  readonly signal: AbortSignal
  /** Told of each id that no row has, with the dump that needs it. */
  readonly missing: (manifest: string, what: string) => void
}

export async function markDumps(core: VaultCore, holder: PackHolder, manifests: readonly string[], marks: RowMarks, options: MarkOptions): Promise<void> {
  const reader = new RecipeSegments(core, holder)
  for (const [done, manifest] of manifests.entries()) {
    options.progress('mark', done, manifests.length)
    const { facts, entries } = await core.manifests.read(manifest)
    const missing = (): void => options.missing(manifest, 'a segment')
    let batch: Uint8Array[] = []
    const readBatch = async (): Promise<void> => {
      const ids = batch
      batch = []
      for await (const plain of reader.read(ids, facts.domain)) await markSegment(plain, marks, missing)
      if (options.signal.aborted) throw new Fault('cancelled', 'the collection of garbage was stopped')
    }
    for (const { id, recipeBytes } of entries) {
      if (await marks.mark(id, 0, missing, recipeBytes)) batch.push(id)
      if (batch.length >= BATCH_IDS) await readBatch()
    }
    await readBatch()
    await marks.settle(missing)
  }
}

async function markSegment(plain: Uint8Array, marks: RowMarks, missing: () => void): Promise<void> {
  const recipe = new RecipeReader(plain)
  for (let step = recipe.next(); step !== undefined; step = recipe.next()) if (step.kind === 'segment') await marks.mark(step.id, 0, missing, step.length)
}

/** Reads recipe segments; those that lie in one block are opened together. */
export class RecipeSegments {
  readonly #core: VaultCore
  readonly #holder: PackHolder
  #block: { readonly pack: string; readonly number: number; readonly plain: Uint8Array } | undefined

  constructor(core: VaultCore, holder: PackHolder) {
    this.#core = core
    this.#holder = holder
  }

  /** The plain bytes of each, in their order. Rejects with `vault-damaged` when one is missing or not what it should be. */
  async *read(ids: readonly Uint8Array[], domain: string): AsyncGenerator<Uint8Array> {
    if (ids.length === 0) return
    const all = Buffer.concat(ids)
    const found = await this.#core.findFor(this.#holder, all, (pack) => pack.state !== 'gone' && pack.domain === domain)
    for (const [index, id] of ids.entries()) {
      if (found.found[index] !== 1) throw new Fault('vault-damaged', `recipe segment ${hexOf(id)} is missing`)
      const place = this.#core.placeOf(found, index)
      const plain = await this.#open(place)
      yield plain.subarray(place.start, place.start + place.length)
    }
  }

  async #open(place: SegmentPlace): Promise<Uint8Array> {
    const { packFiles, threads, keys } = this.#core
    const pack = hexOf(place.packId)
    if (this.#block?.pack === pack && this.#block.number === place.number) return this.#block.plain
    const block: SealedBlock = { ...place, ids: new Uint8Array(0), lengths: new Uint32Array(0), sealed: await packFiles.readBlock(place) }
    const plain = await threads.open({ vaultId: keys.vaultId, key: await packFiles.keyOf(place.packId), block })
    // Who was lent the block before asks for this one.
    if (this.#block !== undefined) releaseBytes(this.#block.plain)
    this.#block = { pack, number: place.number, plain }
    return plain
  }
}
