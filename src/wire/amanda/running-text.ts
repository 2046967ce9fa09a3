// Lines out of a flow of bytes that comes in any pieces. A line never grows beyond a limit: what is longer comes in parts.

const LINE_BYTES_MAX = 64 * 1024
const LINE_FEED = 10

export class RunningText {
  #rest: Uint8Array[] = []
  #restBytes = 0

  /** The lines that `piece` completes, without their line ends. Empty lines are left out. */
  push(piece: Uint8Array): string[] {
    const lines: string[] = []
    let start = 0
    while (start < piece.length) {
      const end = piece.indexOf(LINE_FEED, start)
      const room = LINE_BYTES_MAX - this.#restBytes
      const isWhole = end >= 0 && end - start <= room
      const stop = isWhole ? end : Math.min(end < 0 ? piece.length : end, start + room)
      this.#keep(piece.subarray(start, stop))
      if (isWhole || this.#restBytes >= LINE_BYTES_MAX) this.#take(lines)
      start = isWhole ? stop + 1 : stop
    }
    return lines
  }

  /** The last line when it has no line end. */
  finish(): string | undefined {
    const lines: string[] = []
    this.#take(lines)
    return lines[0]
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    // The piece belongs to somebody else afterwards.
    this.#rest.push(Uint8Array.from(bytes))
    this.#restBytes += bytes.length
  }

  #take(lines: string[]): void {
    if (this.#restBytes > 0) lines.push(Buffer.concat(this.#rest, this.#restBytes).toString('utf8'))
    this.#rest = []
    this.#restBytes = 0
  }
}
