// The one shape of a flowing sequence of bytes, used by every room. A stream ends with a reason: `null` from `read` means that the
// writer said "this is all"; every other end is a Fault. Backpressure is the promise of `write`.

import { Fault, faultOf } from './fault.ts'

export interface ByteSource {
  /**
   * The next piece, never empty; `null` once after the good end. Rejects with the Fault the stream ended with. One read at a time.
   * The piece is lent until the next `read`: then its buffer is used again. Who wants to keep it longer copies it.
   */
  read(): Promise<Uint8Array | null>
  /** Tells the writer that nobody will read on. Later reads reject with `reason`. May be called at any time, also twice. */
  cancel(reason: Fault): void
}

export interface ByteSink {
  /**
   * Takes `piece`, which is lent until the promise settles: the sink copies what it wants to keep longer. Resolves when there is room for
   * more. Rejects with the Fault that ended the stream. One write at a time.
   */
  write(piece: Uint8Array): Promise<void>
  /** The good end: all bytes have been written. Resolves when they and the end have been handed on. */
  end(): Promise<void>
  /** The bad end. May be called at any time, also twice, also after `end` (then it does nothing). */
  fail(reason: Fault): void
}

/** Moves everything from `source` to `sink`, ends both with the same reason, and returns the number of bytes moved. */
export async function pump(source: ByteSource, sink: ByteSink, onBytes?: (piece: Uint8Array) => void): Promise<number> {
  let bytes = 0
  try {
    for (;;) {
      const piece = await source.read()
      if (piece === null) break
      bytes += piece.length
      onBytes?.(piece)
      await sink.write(piece)
    }
    await sink.end()
    return bytes
  } catch (error) {
    const fault = faultOf(error)
    source.cancel(fault)
    sink.fail(fault)
    throw fault
  }
}

/**
 * Gives `reader` the whole of `source`. The reader may go before it has read all, as tar does behind the end mark of an archive: then
 * the rest is read without it, so that checks at the end of the source still happen. Whether the reader was done its exit status says.
 */
export async function pumpToReader(source: ByteSource, reader: ByteSink, onBytes: (piece: Uint8Array) => void = () => {}): Promise<void> {
  let isGone = false
  const unlessGone = async (work: () => Promise<void>): Promise<void> => {
    if (isGone) return
    try {
      await work()
    } catch (error) {
      if (faultOf(error).code !== 'cancelled') throw error
      isGone = true
    }
  }
  for (;;) {
    const piece = await source.read()
    if (piece === null) break
    onBytes(piece)
    await unlessGone(() => reader.write(piece))
  }
  await unlessGone(() => reader.end())
}

/** All bytes of a source, at most `limitBytes`. For small things only: headers, messages, tests. */
export async function readAll(source: ByteSource, limitBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const piece = await source.read()
    if (piece === null) return Buffer.concat(pieces, bytes)
    bytes += piece.length
    if (bytes > limitBytes) {
      const fault = new Fault('wire-malformed', `more than ${limitBytes} bytes where few were expected`)
      source.cancel(fault)
      throw fault
    }
    pieces.push(Uint8Array.from(piece))
  }
}

/** A source that gives `pieces` and ends well. */
export function sourceOf(...pieces: readonly (Uint8Array | string)[]): ByteSource {
  const waiting = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)).filter((piece) => piece.length > 0)
  let ended: Fault | undefined
  return {
    read() {
      if (ended !== undefined) return Promise.reject(ended)
      return Promise.resolve(waiting.shift() ?? null)
    },
    cancel(reason) {
      ended ??= reason
    },
  }
}
