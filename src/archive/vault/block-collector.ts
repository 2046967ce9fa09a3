// Makes blocks of what a thread stores: collects segments, then compresses and seals them under the next number of a pack, or leaves that to a thread that has nothing to do.

import type { SealedBlock } from '../../wire/vault/uplink.ts'
import type { BlockPlace, PackNumbers } from './pack-numbers.ts'
import type { PlainBlock, PlainBlocks } from './plain-blocks.ts'
import type { VaultWorkerMessage } from './vault-messages.ts'

export interface CollectorParts {
  readonly numbers: PackNumbers
  readonly blocks: PlainBlocks
  /** Compresses and seals; the result owns its memory. */
  readonly seal: (place: BlockPlace, plain: Uint8Array, ids: Uint8Array, lengths: Uint32Array) => SealedBlock
  readonly send: (message: VaultWorkerMessage) => void
  /** Waits until something happens, after which `isReady` is asked again. */
  readonly waitUntil: (isReady: () => boolean) => void
  /** Whether the vault is behind. */
  readonly isBehind: () => boolean
  /** Whether another thread would take a block now; and wakes all that would. */
  readonly hasIdle: () => boolean
  readonly wakeIdle: () => void
}

export class BlockCollector {
  readonly #parts: CollectorParts
  #block: PlainBlock | undefined

  constructor(parts: CollectorParts) {
    this.#parts = parts
  }

  /** The bytes are copied. */
  add(id: Uint8Array, bytes: Uint8Array): void {
    this.#block ??= this.#take()
    this.#block.add(id, bytes)
    if (this.#block.isFull) this.#full()
  }

  /** Seals a block of another thread, if there is one. */
  help(): boolean {
    const { blocks } = this.#parts
    const offered = blocks.takeOffered()
    if (offered === undefined) return false
    this.#seal(offered)
    blocks.free(offered)
    return true
  }

  /** Seals all that was collected, and what no other thread has taken. */
  drain(): void {
    const block = this.#block
    this.#block = undefined
    if (block !== undefined) {
      if (block.count > 0) this.#seal(block)
      this.#parts.blocks.free(block)
    }
    while (this.help());
  }

  #take(): PlainBlock {
    const { blocks, waitUntil } = this.#parts
    let taken = blocks.take()
    // Others seal what they hold without waiting for this one.
    waitUntil(() => (taken ??= blocks.take()) !== undefined || this.help())
    return taken ?? this.#take()
  }

  #full(): void {
    const { blocks, hasIdle, wakeIdle } = this.#parts
    const block = this.#block
    if (block === undefined) return
    const next = hasIdle() ? blocks.take() : undefined
    if (next === undefined) {
      this.#seal(block)
      blocks.free(block)
      this.#block = undefined
      return
    }
    blocks.offer(block)
    wakeIdle()
    this.#block = next
  }

  #seal(block: PlainBlock): void {
    const { numbers, seal, send, waitUntil, isBehind } = this.#parts
    waitUntil(() => !isBehind())
    const place = this.#place()
    const { sealed, compression, packId, number, plainBytes, ids, lengths } = seal(place, block.plain, block.ids, block.lengths)
    numbers.addBytes(place.pack, sealed.length)
    send({ kind: 'sealed', pack: place.pack, packId, number, compression, plainBytes, ids, lengths, sealed })
  }

  #place(): BlockPlace {
    const { numbers, send, waitUntil } = this.#parts
    for (;;) {
      const taken = numbers.take()
      switch (taken.kind) {
        case 'number':
          return taken.place
        case 'closed':
        case 'burnt':
          send(taken)
          break
        case 'wait':
          send({ kind: 'want' })
          waitUntil(() => numbers.isGranted)
      }
    }
  }
}
