// Memory for blocks that are filled and compressed. Every stream has one of its own; what makes several of a stream's blocks be compressed at once is a few
// more for all streams of the process, so that one stream uses all threads and twenty do not need twenty times the memory.

/** One frame's room, from the first byte that is filled in until the frame is handed on. */
export interface FrameBlock {
  bytes: Buffer
  readonly isSpare: boolean
}

/** With a stream's own block as many as node has threads for this and for the disk. */
const SPARE_COUNT = 3

const spares: FrameBlock[] = Array.from({ length: SPARE_COUNT }, () => ({ bytes: Buffer.alloc(0), isSpare: true }))

export class FrameBlocks {
  #own: FrameBlock | undefined = { bytes: Buffer.alloc(0), isSpare: false }
  #lent = new Set<FrameBlock>()
  #wake: (() => void) | undefined
  #isClosed = false

  /** A block of at least `size` bytes; waits until one comes back when there is none. Undefined after `close`. */
  async take(size: number): Promise<FrameBlock | undefined> {
    for (;;) {
      if (this.#isClosed) return undefined
      const block = this.#own ?? spares.pop()
      if (block === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve))
        continue
      }
      if (block === this.#own) this.#own = undefined
      else this.#lent.add(block)
      if (block.bytes.length < size) block.bytes = Buffer.allocUnsafeSlow(size)
      return block
    }
  }

  give(block: FrameBlock): void {
    if (!block.isSpare) this.#own = block
    else if (this.#lent.delete(block)) spares.push(block)
    this.#wake?.()
  }

  /** Gives everything back. What is still compressed keeps its memory and not its place. */
  close(): void {
    this.#isClosed = true
    for (const block of this.#lent) spares.push({ bytes: Buffer.alloc(0), isSpare: block.isSpare })
    this.#lent.clear()
    this.#own = undefined
    this.#wake?.()
  }
}
