// Lines of the index (docs/formats/index-file.md) as bytes in one buffer, with a blank for the offset of the member, which only the coordinator knows.

import { BLANK_DIGITS } from './unit-messages.ts'

const FIRST_BYTES = 64 * 1024
const BACKSLASH = 0x5c
const SHORT_ESCAPES: Readonly<Record<number, number>> = { 7: 0x61, 8: 0x62, 9: 0x74, 10: 0x6e, 11: 0x76, 12: 0x66, 13: 0x72, 0x5c: BACKSLASH }
const NOTHING: Uint8Array = new Uint8Array(0)

export class IndexWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #at = 0
  #blanks = new Uint32Array(1024)
  #blankCount = 0
  readonly #hasAttributes: boolean
  /** What was written last of mode and owners: it is mostly the same again. */
  #rights = { mode: -1, uid: -1, gid: -1, owner: NOTHING, group: NOTHING, text: NOTHING }

  constructor(hasAttributes: boolean) {
    this.#hasAttributes = hasAttributes
  }

  get bytes(): number {
    return this.#at
  }

  /** A line: `path` (`./…`, a directory ends in a slash), then what `attributes` writes behind `\tTYPE OFFSET `. */
  begin(path: Uint8Array, pathBytes: number): void {
    this.#room(4 * pathBytes + 1)
    const bytes = this.#bytes
    let at = this.#at
    // The dot before the first slash is not told.
    for (let index = 1; index < pathBytes; index++) {
      const byte = path[index] ?? 0
      if (byte >= 0x20 && byte < 0x7f && byte !== BACKSLASH) bytes[at++] = byte
      else {
        this.#at = at
        this.#escaped(byte)
        at = this.#at
      }
    }
    this.#at = at
  }

  /** Of a member that begins at `start` of the block. */
  type(letter: string, start: number): void {
    if (!this.#hasAttributes) return
    this.#room(BLANK_DIGITS + 4)
    this.#bytes[this.#at++] = 9
    this.#bytes[this.#at++] = letter.charCodeAt(0)
    this.#bytes[this.#at++] = 0x20
    if (2 * this.#blankCount === this.#blanks.length) {
      const grown = new Uint32Array(2 * this.#blanks.length)
      grown.set(this.#blanks)
      this.#blanks = grown
    }
    this.#blanks[2 * this.#blankCount] = this.#at
    this.#blanks[2 * this.#blankCount++ + 1] = start
    for (let digit = 0; digit < BLANK_DIGITS; digit++) this.#bytes[this.#at++] = 0x30
    this.#bytes[this.#at++] = 0x20
  }

  attributes(span: number, size: number, mtimeSeconds: number, mtimeRest: number, mode: number, uid: number, gid: number, owner: Uint8Array, group: Uint8Array): void {
    if (!this.#hasAttributes) return
    this.#room(160 + owner.length + group.length)
    this.#decimal(span)
    this.#decimal(size)
    this.#time(mtimeSeconds, mtimeRest)
    const rights = this.#rights
    if (rights.mode === mode && rights.uid === uid && rights.gid === gid && rights.owner === owner && rights.group === group) {
      this.#put(rights.text)
      return
    }
    const start = this.#at
    this.#octal(mode)
    this.#decimal(uid)
    this.#decimal(gid)
    this.#put(owner)
    this.#bytes[this.#at++] = 0x20
    this.#put(group)
    this.#rights = { mode, uid, gid, owner, group, text: Uint8Array.from(this.#bytes.subarray(start, this.#at)) }
  }

  /** Text behind the attributes: `\t>TARGET`, `\to`, `\t<OLDPATH`; escaped where it must be. */
  extra(mark: string, value: Uint8Array | undefined): void {
    if (!this.#hasAttributes) return
    this.#room(2 + 4 * (value?.length ?? 0))
    this.#bytes[this.#at++] = 9
    this.#bytes[this.#at++] = mark.charCodeAt(0)
    for (const byte of value ?? []) this.#escaped(byte)
  }

  end(): void {
    this.#room(1)
    this.#bytes[this.#at++] = 10
  }

  /** What the base had at `path` is gone. Only an index with attributes can say it. */
  whiteout(path: Uint8Array, pathBytes: number): void {
    if (!this.#hasAttributes) return
    this.begin(path, pathBytes)
    this.#room(40)
    this.#put(WHITEOUT)
    this.end()
  }

  /** All lines and their blanks; the writer is empty afterwards. */
  take(): { readonly index: Uint8Array; readonly blanks: Uint32Array } {
    const index = new Uint8Array(this.#at)
    index.set(this.#bytes.subarray(0, this.#at))
    const blanks = this.#blanks.slice(0, 2 * this.#blankCount)
    this.#at = 0
    this.#blankCount = 0
    return { index, blanks }
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#at + bytes))
    this.#bytes.copy(grown, 0, 0, this.#at)
    this.#bytes = grown
  }

  #put(source: Uint8Array): void {
    const bytes = this.#bytes
    let at = this.#at
    for (let index = 0; index < source.length; index++) bytes[at++] = source[index] ?? 0
    this.#at = at
  }

  #escaped(byte: number): void {
    if (byte >= 0x20 && byte < 0x7f && byte !== BACKSLASH) {
      this.#bytes[this.#at++] = byte
      return
    }
    this.#bytes[this.#at++] = BACKSLASH
    const short = SHORT_ESCAPES[byte]
    if (short !== undefined) {
      this.#bytes[this.#at++] = short
      return
    }
    this.#bytes[this.#at++] = 0x30 + (byte >> 6)
    this.#bytes[this.#at++] = 0x30 + ((byte >> 3) & 7)
    this.#bytes[this.#at++] = 0x30 + (byte & 7)
  }

  /** With a blank behind it. */
  #decimal(value: number): void {
    let digits = 1
    for (let bound = 10; value >= bound; bound *= 10) digits++
    const end = this.#at + digits
    this.#digits(end, digits, value)
    this.#bytes[end] = 0x20
    this.#at = end + 1
  }

  /** The last `digits` digits of `value`, which end before `end`. */
  #digits(end: number, digits: number, value: number): void {
    const bytes = this.#bytes
    let left = digits
    let at = end - 1
    let wide = value
    // Whole numbers of 32 bits are divided much faster.
    for (; left > 9; left--) {
      const next = Math.floor(wide / 10)
      bytes[at--] = 0x30 + (wide - next * 10)
      wide = next
    }
    let rest = wide | 0
    for (; left > 0; left--) {
      const next = (rest / 10) | 0
      bytes[at--] = 0x30 + (rest - next * 10)
      rest = next
    }
  }

  #octal(value: number): void {
    for (let shift = value >= 0o1000 ? 9 : value >= 0o100 ? 6 : value >= 8 ? 3 : 0; shift >= 0; shift -= 3) this.#bytes[this.#at++] = 0x30 + ((value >> shift) & 7)
    this.#bytes[this.#at++] = 0x20
  }

  /** Seconds rounded down, and nine decimals unless there are none: as index-entry.ts reads them. */
  #time(seconds: number, rest: number): void {
    if (seconds < 0) this.#bytes[this.#at++] = 0x2d
    this.#decimal(Math.abs(seconds))
    if (rest === 0) return
    this.#bytes[this.#at - 1] = 0x2e
    this.#at += 9
    this.#digits(this.#at, 9, rest)
    this.#bytes[this.#at++] = 0x20
  }
}

/** The path of a directory below the top, a string of bytes, as the index has it; `extra` escapes it. */
export function indexPathOf(path: string): Uint8Array {
  return Buffer.from(`/${path}/`, 'latin1')
}

const WHITEOUT = Buffer.from('\tw - 0 0 0 0 0 0 - -')
