// One 512-byte tar header, as ustar, GNU tar and POSIX pax write it. Format: docs/formats/tar.md (POSIX.1-2017, pax; GNU tar manual,
// "Basic Tar Format"). Numbers are octal, or base-256 with the high bit of the first byte set (GNU). It is read in place: there may
// be ten thousand of them in a hundred megabytes.

import { Fault } from '../../kernel/fault.ts'

export const BLOCK_BYTES = 512

/** A header's fields before any extension is applied. Names need not be UTF-8: they are strings of bytes (latin1). */
export interface RawHeader {
  readonly name: string
  /** Of links; else empty. */
  readonly linkName: string
  readonly mode: number
  /** Bytes of data that follow, before padding. */
  readonly size: number
  /** The type flag as a character; NUL reads as `0`. */
  readonly type: string
  /** GNU `S` members: whether extension blocks of the sparse map follow the header. */
  readonly hasSparseExtension: boolean
  /** GNU `S` members: the size of the file with its holes. */
  readonly sparseRealSize: number
  /** Seconds since 1970, may be negative. */
  readonly mtimeSeconds: number
  readonly uid: number
  readonly gid: number
  readonly userName: string
  readonly groupName: string
  /** Of devices; else 0. */
  readonly deviceMajor: number
  readonly deviceMinor: number
  /** GNU's header, in which old sparse maps stand. */
  readonly isGnu: boolean
}

/** Bytes, and a view of the same for numbers. */
export interface BlockBytes {
  readonly bytes: Buffer
  readonly view: DataView
}

export function blockBytesOf(piece: Uint8Array): BlockBytes {
  return { bytes: Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength), view: new DataView(piece.buffer, piece.byteOffset, piece.byteLength) }
}

const USTAR_MAGIC = 0x7573_7461
const CHECKSUM_OFFSET = 148
const CHECKSUM_BYTES = 8

function field(bytes: Buffer, offset: number, length: number): string {
  let end = offset
  while (end < offset + length && bytes[end] !== 0) end++
  return end === offset ? '' : bytes.toString('latin1', offset, end)
}

/** Of a field of a header or of an old sparse map. */
export function parseNumber(bytes: Buffer, offset: number, length: number, what: string): number {
  const first = bytes[offset] ?? 0
  if ((first & 0x80) !== 0) {
    // Base-256: two's complement, the high bit is the mark. Negative numbers have 0xff in front.
    let value = first === 0xff ? -1 : first & 0x7f
    for (let index = offset + 1; index < offset + length; index++) value = value * 256 + (bytes[index] ?? 0)
    if (!Number.isSafeInteger(value)) throw new Fault('wire-malformed', `tar header: ${what} is too large`)
    return value
  }
  let value = 0
  let isStarted = false
  for (let index = offset; index < offset + length; index++) {
    const byte = bytes[index] ?? 0
    if (byte >= 0x30 && byte <= 0x37) {
      value = value * 8 + (byte - 0x30)
      isStarted = true
    } else if (byte === 0 || (byte === 0x20 && isStarted)) break
    else if (byte !== 0x20) throw new Fault('wire-malformed', `tar header: ${what} is not a number`)
  }
  return value
}

/** Sum of all bytes with the checksum field read as blanks. */
function checkSum({ bytes, view }: BlockBytes, at: number): number {
  // Two sums of 16 bits in one number: 128 words add at most 128 × 510 to each.
  let sums = 0
  for (let offset = at; offset < at + BLOCK_BYTES; offset += 4) {
    const word = view.getInt32(offset)
    sums = (sums + (word & 0x00ff00ff) + ((word >>> 8) & 0x00ff00ff)) | 0
  }
  let sum = (sums & 0xffff) + (sums >>> 16)
  for (let index = at + CHECKSUM_OFFSET; index < at + CHECKSUM_OFFSET + CHECKSUM_BYTES; index++) sum += 0x20 - (bytes[index] ?? 0)
  return sum
}

/** The same as some old tars made it, with bytes that have a sign. */
function signedCheckSum(block: BlockBytes, at: number): number {
  let high = 0
  for (let index = at; index < at + BLOCK_BYTES; index++) {
    const isOfField = index >= at + CHECKSUM_OFFSET && index < at + CHECKSUM_OFFSET + CHECKSUM_BYTES
    if (!isOfField && (block.bytes[index] ?? 0) >= 0x80) high++
  }
  return checkSum(block, at) - 256 * high
}

/** Whether the block at `at` is the NUL block that ends an archive. */
export function isZeroBlock({ bytes }: BlockBytes, at: number): boolean {
  if (bytes[at] !== 0 || bytes[at + 156] !== 0 || bytes[at + 257] !== 0) return false
  for (let index = at; index < at + BLOCK_BYTES; index++) if (bytes[index] !== 0) return false
  return true
}

/** Throws `wire-malformed` when the checksum is wrong or a number cannot be read. 512 bytes must lie at `at`. */
export function parseHeader(block: BlockBytes, at: number): RawHeader {
  const { bytes, view } = block
  const stored = parseNumber(bytes, at + CHECKSUM_OFFSET, CHECKSUM_BYTES, 'checksum')
  if (stored !== checkSum(block, at) && stored !== signedCheckSum(block, at)) throw new Fault('wire-malformed', 'tar header: the checksum is wrong')
  const isUstar = view.getInt32(at + 257) === USTAR_MAGIC && bytes[at + 261] === 0x72
  // `ustar\0`: POSIX, with a prefix field. `ustar  \0`: GNU, which keeps times and the sparse map there.
  const isPosix = isUstar && bytes[at + 262] === 0
  const prefix = isPosix ? field(bytes, at + 345, 155) : ''
  const shortName = field(bytes, at, 100)
  const typeByte = bytes[at + 156] ?? 0
  const type = typeByte === 0 ? '0' : String.fromCharCode(typeByte)
  const isSparse = type === 'S' && isUstar && !isPosix
  const size = parseNumber(bytes, at + 124, 12, 'size')
  if (size < 0) throw new Fault('wire-malformed', 'tar header: the size is negative')
  return {
    name: prefix === '' ? shortName : `${prefix}/${shortName}`,
    linkName: type === '1' || type === '2' ? field(bytes, at + 157, 100) : '',
    mode: parseNumber(bytes, at + 100, 8, 'mode') & 0o7777,
    // Links, devices and directories of ustar carry no data, whatever the field says; GNU dump directories (`D`) do.
    size: '123456'.includes(type) ? 0 : size,
    type,
    hasSparseExtension: isSparse && bytes[at + 482] === 1,
    sparseRealSize: isSparse ? parseNumber(bytes, at + 483, 12, 'real size') : 0,
    mtimeSeconds: parseNumber(bytes, at + 136, 12, 'time'),
    uid: parseNumber(bytes, at + 108, 8, 'owner'),
    gid: parseNumber(bytes, at + 116, 8, 'group'),
    userName: isUstar ? field(bytes, at + 265, 32) : '',
    groupName: isUstar ? field(bytes, at + 297, 32) : '',
    deviceMajor: isUstar && (type === '3' || type === '4') ? parseNumber(bytes, at + 329, 8, 'device') : 0,
    deviceMinor: isUstar && (type === '3' || type === '4') ? parseNumber(bytes, at + 337, 8, 'device') : 0,
    isGnu: isUstar && !isPosix,
  }
}
