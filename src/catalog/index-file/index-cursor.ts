// A place in an index file that moves forward line by line or jumps to a name. It holds no lines of its own: those of the blocks that were read last are
// with the reader, so that hundreds of cursors, one for each directory of a long path, cost nothing.

/** What a cursor reads from: blocks of lines in ascending order. */
export interface BlockReader {
  readonly blockCount: number
  /** The first name of a block. */
  firstName(block: number): string
  /** The lines of a block when they are at hand. */
  cached(block: number): readonly string[] | undefined
  /** Reads the lines of a block. Rejects with `index-damaged`. */
  load(block: number): Promise<readonly string[]>
}

export class IndexCursor {
  readonly #blocks: BlockReader
  #block: number
  #index = 0
  /** The line at this place; undefined when `fill` must be awaited, or at the end. */
  line: string | undefined

  constructor(blocks: BlockReader) {
    this.#blocks = blocks
    this.#block = blocks.blockCount
  }

  /** Moves to the next line. Returns whether it is there without waiting. */
  advance(): boolean {
    this.#index++
    this.line = this.#blocks.cached(this.#block)?.[this.#index]
    return this.line !== undefined
  }

  /** Reads what `advance` did not find at hand; afterwards `line` is undefined only at the end. */
  async fill(): Promise<void> {
    while (this.#block < this.#blocks.blockCount) {
      const lines = this.#blocks.cached(this.#block) ?? (await this.#blocks.load(this.#block))
      this.line = lines[this.#index]
      if (this.line !== undefined) return
      this.#block++
      this.#index = 0
    }
    this.line = undefined
  }

  /** Moves to the first line that is not less than `from`, forward or back. */
  async seek(from: string): Promise<void> {
    const blocks = this.#blocks
    let low = 0
    let high = blocks.blockCount
    while (low < high) {
      const middle = (low + high) >>> 1
      // Lines of one name may lie on both sides of a border.
      if (blocks.firstName(middle) < from) low = middle + 1
      else high = middle
    }
    this.#block = Math.max(0, low - 1)
    this.#index = 0
    if (this.#block < blocks.blockCount) this.#index = lowerBound(blocks.cached(this.#block) ?? (await blocks.load(this.#block)), from)
    await this.fill()
  }
}

function lowerBound(lines: readonly string[], from: string): number {
  let low = 0
  let high = lines.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((lines[middle] ?? '') < from) low = middle + 1
    else high = middle
  }
  return low
}
