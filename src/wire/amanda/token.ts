// The framing of Amanda's connections (bsdtcp, the stream connection of bsdudp, ssh, local): 4 bytes length, 4 bytes handle, big endian, then
// so many bytes. A length of 0 is the end of that handle. Larger tokens than TOKEN_BYTES_MAX are refused, as Amanda itself does.

import { Fault } from '../../kernel/fault.ts'

const HEAD_BYTES = 8
/** What Amanda's receivers take: 128 blocks of 32 KiB. */
export const TOKEN_BYTES_MAX = 4 * 1024 * 1024
/** What Amanda sends of a stream in one token. */
export const DATA_TOKEN_BYTES_MAX = 32 * 1024
const HANDLE_MAX = 0xffff_ffff

/** A part of a token: `bytes` is a view of the piece that was pushed. `isLast`: the token is complete with it. */
export type TokenPart = { readonly kind: 'bytes'; readonly handle: number; readonly bytes: Uint8Array; readonly isLast: boolean } | { readonly kind: 'end'; readonly handle: number }

/** The head of a token; its payload follows. */
export function encodeTokenHead(handle: number, bytes: number): Buffer {
  if (bytes > TOKEN_BYTES_MAX || handle < 0 || handle > HANDLE_MAX) throw new Fault('wire-malformed', `a token of ${bytes} bytes for handle ${handle} cannot be written`)
  const head = Buffer.allocUnsafe(HEAD_BYTES)
  head.writeUInt32BE(bytes, 0)
  head.writeUInt32BE(handle, 4)
  return head
}

/** Reads tokens from pieces of any size. Copies heads only. */
export class TokenReader {
  readonly #head = Buffer.alloc(HEAD_BYTES)
  #headBytes = 0
  #handle = 0
  #left = 0

  /** The parts that `piece` holds. Throws `wire-malformed`; after that the reader is of no use. */
  push(piece: Uint8Array): TokenPart[] {
    const parts: TokenPart[] = []
    let offset = 0
    while (offset < piece.length) {
      if (this.#left > 0) {
        const bytes = piece.subarray(offset, Math.min(piece.length, offset + this.#left))
        offset += bytes.length
        this.#left -= bytes.length
        parts.push({ kind: 'bytes', handle: this.#handle, bytes, isLast: this.#left === 0 })
        continue
      }
      const taken = Math.min(HEAD_BYTES - this.#headBytes, piece.length - offset)
      this.#head.set(piece.subarray(offset, offset + taken), this.#headBytes)
      offset += taken
      this.#headBytes += taken
      if (this.#headBytes < HEAD_BYTES) break
      this.#headBytes = 0
      this.#left = this.#head.readUInt32BE(0)
      this.#handle = this.#head.readUInt32BE(4)
      if (this.#left > TOKEN_BYTES_MAX) throw new Fault('wire-malformed', `tcpm_recv_token: invalid size: ${foreignText(this.#head)}`)
      if (this.#left === 0) parts.push({ kind: 'end', handle: this.#handle })
    }
    return parts
  }
}

/** What stands where a head should, in the way of Amanda's own message: the banner of another service is readable. */
function foreignText(head: Buffer): string {
  const text = head.toString('latin1')
  return /^[\x20-\x7e\r\n\t]+$/.test(text) ? JSON.stringify(text) : String(head.readUInt32BE(0))
}
