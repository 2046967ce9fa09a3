// Lines of an index as a server takes them that knows no attributes: names alone, and nothing of what is gone. The lines come in pieces cut anywhere; what
// is held is the part of a name that has come so far.

import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault } from '../kernel/fault.ts'

const LINE_FEED = 10
const TAB = 9
/** The mark of what is gone: the first byte of the attributes. */
const GONE = 0x77
/** No file system has such names. */
const NAME_BYTES_MAX = 128 * 1024

/** `source`, lines of wire/tar/index-entry.ts, with the attributes taken off and lines of what is gone left out. Ends as `source` does. */
export function plainLines(source: ByteSource): ByteSource {
  let held: Buffer = Buffer.alloc(0)
  /** The name has been decided on, and the rest of the line is dropped. */
  let isInAttributes = false
  /** The tab has come, and the type has not. */
  let isAtType = false

  const strip = (piece: Buffer): Buffer => {
    const out: Buffer[] = []
    let at = 0
    while (at < piece.length) {
      if (isAtType) {
        isAtType = false
        isInAttributes = true
        if (piece[at] !== GONE) out.push(held, NEW_LINE)
        held = NOTHING
      }
      const feed = piece.indexOf(LINE_FEED, at)
      if (isInAttributes) {
        if (feed < 0) break
        isInAttributes = false
        at = feed + 1
        continue
      }
      const tab = piece.indexOf(TAB, at)
      const isCut = tab >= 0 && (feed < 0 || tab < feed)
      const end = isCut ? tab : feed < 0 ? piece.length : feed
      const name = held.length === 0 ? piece.subarray(at, end) : Buffer.concat([held, piece.subarray(at, end)])
      if (name.length > NAME_BYTES_MAX) throw new Fault('wire-malformed', `a line of the index is longer than ${NAME_BYTES_MAX} bytes`)
      held = NOTHING
      if (isCut) {
        // Copied where it must outlive the piece, which is the rare case.
        held = end + 1 < piece.length ? name : Buffer.from(name)
        isAtType = true
      } else if (feed < 0) held = Buffer.from(name)
      else out.push(name, NEW_LINE)
      at = end + 1
    }
    return Buffer.concat(out)
  }

  return {
    async read() {
      for (;;) {
        const piece = await source.read()
        if (piece === null) {
          const rest = held
          held = NOTHING
          return rest.length > 0 && !isAtType ? Buffer.concat([rest, NEW_LINE]) : null
        }
        const plain = strip(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))
        if (plain.length > 0) return plain
      }
    },
    cancel: (reason) => source.cancel(reason),
  }
}

const NEW_LINE = Buffer.from('\n')
const NOTHING = Buffer.alloc(0)
