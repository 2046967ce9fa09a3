// Reads one dump back, a block at a time: the recipe's segments in order, each opened, authenticated and compared with its id before a byte of it is given.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { ID_BYTES } from '../../wire/vault/limits.ts'
import { RecipeReader } from '../../wire/vault/recipe-reader.ts'
import type { SealedBlock } from '../../wire/vault/uplink.ts'
import type { RecipeStep, VaultDump, VaultDumpReader } from './contract.ts'
import { hexOf } from './packs/pack-writer.ts'
import type { CreateDumpReader, DumpReaderParts, SegmentPlace } from './segment-places.ts'

const ZEROS = Buffer.alloc(64 * 1024)
/** Places are asked for together. */
const BATCH_IDS = 1024

class SequentialReader implements VaultDumpReader {
  readonly #parts: DumpReaderParts
  #block: { readonly pack: string; readonly number: number; readonly plain: Uint8Array } | undefined
  bytesRead = 0

  constructor(parts: DumpReaderParts) {
    this.#parts = parts
  }

  get dump(): VaultDump {
    return this.#parts.dump
  }

  get bytes(): number {
    return this.#parts.dump.nativeBytes
  }

  async *recipe(): AsyncGenerator<RecipeStep> {
    for (const entry of this.#parts.entries) yield* await this.#stepsOf(entry.id)
  }

  read(offset: number, length: number): ByteSource {
    const pieces = this.#pieces(offset, offset + length)
    let ended: Fault | undefined
    return {
      async read() {
        if (ended !== undefined) throw ended
        try {
          const { value, done } = await pieces.next()
          return done === true ? null : value
        } catch (error) {
          ended = faultOf(error)
          throw ended
        }
      },
      cancel(reason) {
        ended ??= reason
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.close?.()
  }

  async *#pieces(from: number, to: number): AsyncGenerator<Uint8Array> {
    let at = 0
    for (const entry of this.#parts.entries) {
      const end = at + entry.nativeBytes
      if (end > from && at < to) {
        for await (const piece of this.#expand(entry.id)) {
          const part = piece.subarray(Math.max(0, from - at), Math.max(0, Math.min(piece.length, to - at)))
          if (part.length > 0) yield part
          at += piece.length
        }
      }
      at = end
    }
  }

  async *#expand(recipeId: Uint8Array): AsyncGenerator<Uint8Array> {
    const steps = await this.#stepsOf(recipeId)
    const segments = steps.filter((step) => step.kind === 'segment')
    const places: SegmentPlace[] = []
    for (let from = 0; from < segments.length; from += BATCH_IDS) places.push(...(await this.#placesOf(segments.slice(from, from + BATCH_IDS).map(({ id }) => id))))
    let next = 0
    for (const step of steps) {
      if (step.kind === 'literal') yield step.bytes
      if (step.kind === 'zeros') for (let rest = step.count; rest > 0; rest -= ZEROS.length) yield ZEROS.subarray(0, Math.min(rest, ZEROS.length))
      if (step.kind !== 'segment') continue
      const place = places[next++]
      if (place !== undefined) yield await this.#segment(step.id, place)
    }
  }

  async #stepsOf(recipeId: Uint8Array): Promise<RecipeStep[]> {
    const [place] = await this.#placesOf([recipeId])
    if (place === undefined) return []
    const reader = new RecipeReader(Uint8Array.from(await this.#segment(recipeId, place)))
    const steps: RecipeStep[] = []
    for (let step = reader.next(); step !== undefined; step = reader.next()) steps.push(step)
    return steps
  }

  async #placesOf(ids: readonly Uint8Array[]): Promise<SegmentPlace[]> {
    const places = await this.#parts.places.locate(Buffer.concat(ids))
    return places.map((place, index) => {
      if (place === undefined) throw new Fault('vault-damaged', `segment ${hexOf(ids[index] ?? new Uint8Array(ID_BYTES))} is missing`)
      return place
    })
  }

  async #segment(id: Uint8Array, place: SegmentPlace): Promise<Uint8Array> {
    const { vaultId, idKey, packs, threads } = this.#parts
    const pack = hexOf(place.packId)
    if (this.#block?.pack !== pack || this.#block.number !== place.number) {
      const sealed = await packs.readBlock(place)
      this.bytesRead += sealed.length
      const block: SealedBlock = { ...place, ids: new Uint8Array(0), lengths: new Uint32Array(0), sealed }
      this.#block = { pack, number: place.number, plain: await threads.open({ vaultId, key: await packs.keyOf(place.packId), block }) }
    }
    await threads.compare({ idKey, ids: id, starts: Uint32Array.of(place.start), lengths: Uint32Array.of(place.length) }, this.#block.plain)
    return this.#block.plain.subarray(place.start, place.start + place.length)
  }
}

export const createDumpReader: CreateDumpReader = (parts) => new SequentialReader(parts)
