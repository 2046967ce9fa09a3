// Lines that wait as bytes, one after the other in one buffer: strings that are held over a wait outlive the engine's young generation, and those of
// twenty dumps would pile up. The buffer is used again and again.

const LINE_FEED = 10

export interface LineBufferSizes {
  /** Of the buffer when the first line comes. */
  readonly bytesFirst: number
  /** What it may double up to; beyond, it grows by what a line needs. */
  readonly bytesUsual: number
}

export class LineBuffer {
  readonly #sizes: LineBufferSizes
  #buffer = Buffer.alloc(0)
  #bytes = 0

  constructor(sizes: LineBufferSizes) {
    this.#sizes = sizes
  }

  /** Bytes of all lines, their line feeds included. */
  get bytes(): number {
    return this.#bytes
  }

  /** Appends `line`, a string of bytes (latin1) without a line feed. Returns the bytes of all. */
  add(line: string): number {
    const end = this.#bytes + line.length + 1
    if (end > this.#buffer.length) {
      const { bytesFirst, bytesUsual } = this.#sizes
      const grown = Buffer.allocUnsafeSlow(Math.max(end, bytesFirst, Math.min(2 * this.#buffer.length, bytesUsual)))
      this.#buffer.copy(grown, 0, 0, this.#bytes)
      this.#buffer = grown
    }
    this.#buffer.write(line, this.#bytes, 'latin1')
    this.#buffer[end - 1] = LINE_FEED
    this.#bytes = end
    return end
  }

  /** All lines as bytes, and the buffer is empty. They are good until the next `add`. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#bytes)
    this.#bytes = 0
    return taken
  }

  /** Gives the memory back. */
  release(): void {
    this.#buffer = Buffer.alloc(0)
    this.#bytes = 0
  }
}
