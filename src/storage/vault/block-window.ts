// The blocks that the next steps of a recipe need, opened in parallel in the order of need, at most so many bytes ahead. Each goes through these states:
//
//   waiting   its place is known. It is opened when the piece of the recipe behind it is known too: by then nearly all that is wanted of it is
//   opening   a thread has it
//   open      segments are taken from it; with the last of them it is given back
//
// When too much is open although one more is needed at once (segments of an old dump lie scattered), the one whose next use is the farthest is dropped and is waiting
// again.

import { assert } from '../../kernel/assert.ts'
import type { SegmentPlace } from './segment-places.ts'
import { blockKey, letGo, WantedList, type OpenBlock, type OpenBlocks } from './open-blocks.ts'

/** Plain bytes of blocks that are opened ahead of need, and of those that may be held at all. */
const AHEAD_BYTES = 24 * 1024 * 1024
const HELD_BYTES_MAX = 48 * 1024 * 1024

export class NeededBlock {
  readonly key: string
  readonly place: SegmentPlace
  readonly list = new WantedList()
  /** Numbers of the steps that use it; those before `#used` are done. */
  readonly #uses: number[] = []
  #used = 0
  /** The piece of the recipe that needs it first. */
  readonly piece: number
  opening: Promise<OpenBlock> | undefined
  open: OpenBlock | undefined

  constructor(key: string, place: SegmentPlace, piece: number) {
    this.key = key
    this.place = place
    this.piece = piece
  }

  addUse(step: number): void {
    this.#uses.push(step)
  }

  /** Returns whether that was the last. */
  endUse(): boolean {
    return ++this.#used === this.#uses.length
  }

  get nextUse(): number {
    return this.#uses[this.#used] ?? 0
  }
}

export class BlockWindow {
  readonly #blocks: OpenBlocks
  readonly #needed = new Map<string, NeededBlock>()
  /** In the order of need. */
  #waiting: NeededBlock[] = []
  #heldBytes = 0

  constructor(blocks: OpenBlocks) {
    this.#blocks = blocks
  }

  /** Step number `step`, of the piece `piece` of the recipe, needs the segment `id`. */
  need(id: Uint8Array, place: SegmentPlace, piece: number, step: number): NeededBlock {
    const key = blockKey(place)
    let block = this.#needed.get(key)
    if (block === undefined) {
      block = new NeededBlock(key, place, piece)
      this.#needed.set(key, block)
      this.#waiting.push(block)
    }
    block.list.add(id, place)
    block.addUse(step)
    return block
  }

  /** Opens what there is room for. `knownPieces`: of the recipe; what the last one needs first waits for the next one. */
  openAhead(knownPieces: number): void {
    let count = 0
    for (const block of this.#waiting) {
      if (block.opening === undefined && block.open === undefined) {
        if (block.piece + 1 >= knownPieces || this.#heldBytes + block.place.plainBytes > AHEAD_BYTES) break
        this.#start(block)
      }
      count++
    }
    if (count > 0) this.#waiting = this.#waiting.slice(count)
  }

  /** The block, opened out of turn when it must be. */
  async get(block: NeededBlock): Promise<OpenBlock> {
    if (block.open === undefined && block.opening === undefined) {
      this.#start(block)
      this.#shed(block)
    }
    const open = block.open ?? (await block.opening)
    assert(open !== undefined, 'a block that was begun is open or opening')
    return open
  }

  /** A segment was taken from it. */
  endUse(block: NeededBlock): void {
    if (!block.endUse()) return
    this.#needed.delete(block.key)
    this.#heldBytes -= block.place.plainBytes
    if (block.open !== undefined) this.#blocks.giveBack(block.open)
    block.open = undefined
  }

  #start(block: NeededBlock): void {
    this.#heldBytes += block.place.plainBytes
    const kept = this.#blocks.take(block.key)
    if (kept !== undefined) {
      block.open = kept
      return
    }
    block.opening = this.#blocks.open(block.place, block.list).then((open) => {
      block.open = open
      return open
    })
    // Whoever needs it is told; when nobody does any more, nobody needs to know.
    block.opening.catch(() => undefined)
  }

  #shed(needed: NeededBlock): void {
    while (this.#heldBytes > HELD_BYTES_MAX) {
      let farthest: NeededBlock | undefined
      for (const block of this.#needed.values()) if (block !== needed && block.open !== undefined && (farthest === undefined || block.nextUse > farthest.nextUse)) farthest = block
      if (farthest === undefined) return
      if (farthest.open !== undefined) letGo(farthest.open)
      farthest.open = undefined
      farthest.opening = undefined
      this.#heldBytes -= farthest.place.plainBytes
    }
  }
}
