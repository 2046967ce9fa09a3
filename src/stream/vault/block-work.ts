// What a block thread does with one call. The thread (block-worker.ts) and those who need no thread (simulations, tests) run the same.

import { assert } from '../../kernel/assert.ts'
import { BlockOpener, checkWanted } from './block-opener.ts'
import { BlockSealer, type SealFacts } from './block-seal.ts'
import type { BlockThreads, KeyedBlock, WantedSegments } from './contract.ts'
import { openSegmentHash, type SegmentHash } from './segment-hash.ts'
import type { SealedBlock } from '../../wire/vault/uplink.ts'

/** Domains and levels are few; a vault with more of them makes hashers and compressors anew. */
const KEPT_MAX = 16

/** Uses again what takes long to make. */
async function kept<T>(map: Map<string, T>, name: string, make: () => T | Promise<T>, close: (old: T) => void): Promise<T> {
  const found = map.get(name)
  if (found !== undefined) return found
  const made = await make()
  if (map.size >= KEPT_MAX) {
    for (const old of map.values()) close(old)
    map.clear()
  }
  map.set(name, made)
  return made
}

export class BlockWork {
  readonly #opener = new BlockOpener()
  readonly #hashes = new Map<string, SegmentHash>()
  readonly #sealers = new Map<string, BlockSealer>()

  /** The plain bytes of a block of a recipe are in memory of their own. */
  async check(block: KeyedBlock, idKey: Uint8Array): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const hash = await this.#hashOf(idKey)
    const plain = this.#opener.check(block, hash)
    return block.block.kind === 'recipe' ? new Uint8Array(plain) : undefined
  }

  /** In memory of its own. */
  async open(block: KeyedBlock, wanted?: WantedSegments): Promise<Uint8Array<ArrayBuffer>> {
    const hash = wanted === undefined ? undefined : await this.#hashOf(wanted.idKey)
    const plain = this.#opener.openFresh(block)
    if (wanted !== undefined && hash !== undefined) checkWanted(block.block, plain, wanted, hash)
    return plain
  }

  async seal(facts: SealFacts, compressLevel: number, plain: Uint8Array): Promise<SealedBlock> {
    assert(facts.lengths.reduce((sum, length) => sum + length, 0) === plain.length, 'the lengths of a block are not those of its segments')
    const sealer = await kept(this.#sealers, String(compressLevel), () => new BlockSealer(compressLevel), (old) => old.close())
    return sealer.seal(facts, plain)
  }

  close(): void {
    this.#opener.close()
    for (const sealer of this.#sealers.values()) sealer.close()
    this.#sealers.clear()
  }

  #hashOf(idKey: Uint8Array): Promise<SegmentHash> {
    return kept(this.#hashes, Buffer.from(idKey).toString('latin1'), () => openSegmentHash(idKey), () => {})
  }
}

/** The same work in the thread of the caller. */
export function localBlockThreads(): BlockThreads {
  const work = new BlockWork()
  return {
    check: (block, idKey) => work.check(block, idKey),
    open: (block, wanted) => work.open(block, wanted),
    seal: ({ compressLevel, ...facts }, plain) => work.seal(facts, compressLevel, plain),
    [Symbol.asyncDispose]() {
      work.close()
      return Promise.resolve()
    },
  }
}
