// Blocks that are being collected, in memory that all threads of a dump share: each thread fills one of its own, and when another thread has nothing to do, a
// full one is left for it to seal, so that a few large files in one directory keep all of them busy.
//
//   FREE ─ take ─► FILLING ─ fill ─► sealed by its own thread ─ free ─► FREE
//                     └─ offer ─► OFFERED ─ takeOffered ─► SEALING (any thread) ─ free ─► FREE

import { copyBytes } from '../../kernel/copy-bytes.ts'
import { BLOCK_PLAIN_BYTES, BLOCK_PLAIN_BYTES_MAX, ID_BYTES } from '../../wire/vault/limits.ts'

const FREE = 0
const FILLING = 1
const OFFERED = 2
const SEALING = 3
const STATE = 0
const BYTES = 1
const COUNT = 2
const HEAD_WORDS = 4
/** Of one block: bytes of the smallest files. */
const SEGMENTS_MAX = 8192

export const PLAIN_BLOCK_BYTES = 4 * (HEAD_WORDS + SEGMENTS_MAX) + ID_BYTES * SEGMENTS_MAX + BLOCK_PLAIN_BYTES_MAX

/** Views of one of them. */
export class PlainBlock {
  readonly words: Int32Array
  readonly #lengths: Uint32Array
  readonly #ids: Uint8Array
  readonly #plain: Buffer

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, HEAD_WORDS)
    this.#lengths = new Uint32Array(memory, 4 * HEAD_WORDS, SEGMENTS_MAX)
    this.#ids = new Uint8Array(memory, 4 * (HEAD_WORDS + SEGMENTS_MAX), ID_BYTES * SEGMENTS_MAX)
    this.#plain = Buffer.from(memory, 4 * (HEAD_WORDS + SEGMENTS_MAX) + ID_BYTES * SEGMENTS_MAX, BLOCK_PLAIN_BYTES_MAX)
  }

  get count(): number {
    return this.words[COUNT] ?? 0
  }

  /** Copies of its own, and the bytes as they lie. */
  get lengths(): Uint32Array {
    return this.#lengths.slice(0, this.count)
  }

  get ids(): Uint8Array {
    return this.#ids.slice(0, ID_BYTES * this.count)
  }

  get plain(): Uint8Array {
    return this.#plain.subarray(0, this.words[BYTES] ?? 0)
  }

  get isFull(): boolean {
    return (this.words[BYTES] ?? 0) >= BLOCK_PLAIN_BYTES || this.count === SEGMENTS_MAX
  }

  /** There is room until it is full. */
  add(id: Uint8Array, bytes: Uint8Array): void {
    const { words } = this
    const count = words[COUNT] ?? 0
    const at = words[BYTES] ?? 0
    this.#ids.set(id, ID_BYTES * count)
    this.#lengths[count] = bytes.length
    copyBytes(bytes, this.#plain, at)
    words[COUNT] = count + 1
    words[BYTES] = at + bytes.length
  }
}

export class PlainBlocks {
  readonly #blocks: readonly PlainBlock[]

  constructor(memories: readonly SharedArrayBuffer[]) {
    this.#blocks = memories.map((memory) => new PlainBlock(memory))
  }

  /** An empty one; undefined when all are used. */
  take(): PlainBlock | undefined {
    const block = this.#blocks.find(({ words }) => Atomics.compareExchange(words, STATE, FREE, FILLING) === FREE)
    if (block !== undefined) {
      block.words[BYTES] = 0
      block.words[COUNT] = 0
    }
    return block
  }

  offer({ words }: PlainBlock): void {
    Atomics.store(words, STATE, OFFERED)
  }

  /** One that another thread filled. */
  takeOffered(): PlainBlock | undefined {
    return this.#blocks.find(({ words }) => Atomics.load(words, STATE) === OFFERED && Atomics.compareExchange(words, STATE, OFFERED, SEALING) === OFFERED)
  }

  free({ words }: PlainBlock): void {
    Atomics.store(words, STATE, FREE)
  }
}
