// The running CRC-32C (Castagnoli) of a flow of bytes, with its byte count, in the text form Amanda writes: `%08x:%d`. The only file that
// knows the native module.

import { crc32c } from '@node-rs/crc32'

/** The bare value, of bytes that are there at once. */
export function crc32cOf(bytes: Uint8Array): number {
  return crc32c(bytes)
}

export class RunningCrc32c {
  #value = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  update(piece: Uint8Array): void {
    this.#value = crc32c(piece, this.#value)
    this.#bytes += piece.length
  }

  /** A second one that goes on from here. */
  clone(): RunningCrc32c {
    const copy = new RunningCrc32c()
    copy.#value = this.#value
    copy.#bytes = this.#bytes
    return copy
  }

  /** `%08x:%d` of everything so far. */
  text(): string {
    return `${this.#value.toString(16).padStart(8, '0')}:${this.#bytes}`
  }
}
