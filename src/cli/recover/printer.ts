// Prints results in pieces, at the pace of whoever reads them: a listing of a million names must not pile up in memory.

import type { Streams } from '../output.ts'

const PIECE_CHARS = 16 * 1024

export class Printer {
  readonly #streams: Streams
  #text = ''

  constructor(streams: Streams) {
    this.#streams = streams
  }

  async print(text: string): Promise<void> {
    this.#text += text
    if (this.#text.length >= PIECE_CHARS) await this.flush()
  }

  /** What was printed is on its way when it resolves. To be called at the end, whichever end it is. */
  async flush(): Promise<void> {
    const text = this.#text
    this.#text = ''
    if (text === '') return
    if (this.#streams.outBytes === undefined) this.#streams.out(text)
    else await this.#streams.outBytes(Buffer.from(text))
  }

  /** Bytes that are no text; what was printed goes before. */
  async bytes(bytes: Uint8Array): Promise<void> {
    await this.flush()
    if (this.#streams.outBytes === undefined) this.#streams.out(Buffer.from(bytes).toString('utf8'))
    else await this.#streams.outBytes(bytes)
  }
}
