// The shared blocks of dumps that have ended, for the dumps after them: the collector is slow to find out that sixteen megabytes are unused. Only what is certain to
// be used by nobody comes back here; what does not come is collected.

import { BLOCK_COUNT } from './unit-sequence.ts'
import { BLOCK_BYTES } from './unit-messages.ts'

export class BlockPool {
  readonly #idle: SharedArrayBuffer[] = []

  /** The blocks of one dump, with anything in them. */
  take(): readonly SharedArrayBuffer[] {
    // Memory that nothing was written to is none: a block that is not needed costs nothing.
    return Array.from({ length: BLOCK_COUNT }, () => this.#idle.shift() ?? new SharedArrayBuffer(BLOCK_BYTES))
  }

  giveBack(blocks: readonly SharedArrayBuffer[]): void {
    this.#idle.push(...blocks.slice(0, BLOCK_COUNT - this.#idle.length))
  }
}
