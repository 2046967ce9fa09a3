// One 512-byte tar header, as ustar, GNU tar and POSIX pax write it. Format: docs/formats/tar.md (POSIX.1-2017, pax; GNU tar manual,
// "Basic Tar Format"). Numbers are octal, or base-256 with the high bit of the first byte set (GNU).

import { Fault } from '../../kernel/fault.ts'

export const BLOCK_BYTES = 512

/** A header's fields before any extension is applied. Names are bytes: they need not be UTF-8. */
export interface RawHeader {
  readonly name: Buffer
  readonly linkName: Buffer
  readonly mode: number
  readonly modifiedS: number
  /** Bytes of data that follow, before padding. */
  readonly size: number
  /** The type flag as a character; NUL reads as `0`. */
  readonly type: string
  /** GNU `S` members: whether extension blocks of the sparse map follow the header. */
  readonly hasSparseExtension: boolean
  /** GNU `S` members: the size of the file with its holes. */
  readonly sparseRealSize: number
}

const USTAR_MAGIC = 0x7573_7461

function field(block: Buffer, offset: number, length: number): Buffer {
  let end = offset
  while (end < offset + length && block[end] !== 0) end++
  return block.subarray(offset, end)
}

function parseNumber(block: Buffer, offset: number, length: number, what: string): number {
  const first = block[offset] ?? 0
  if ((first & 0x80) !== 0) {
    // Base-256: two's complement, the high bit is the mark. Negative numbers (times before 1970) have 0xff in front.
    let value = first === 0xff ? -1 : first & 0x7f
    for (let index = offset + 1; index < offset + length; index++) value = value * 256 + (block[index] ?? 0)
    if (!Number.isSafeInteger(value)) throw new Fault('wire-malformed', `tar header: ${what} is too large`)
    return value
  }
  let value = 0
  let isStarted = false
  for (let index = offset; index < offset + length; index++) {
    const byte = block[index] ?? 0
    if (byte >= 0x30 && byte <= 0x37) {
      value = value * 8 + (byte - 0x30)
      isStarted = true
    } else if (byte === 0 || (byte === 0x20 && isStarted)) break
    else if (byte !== 0x20) throw new Fault('wire-malformed', `tar header: ${what} is not a number`)
  }
  return value
}

/** Sum of all bytes with the checksum field read as blanks; signed sums of old tars are accepted too. */
function checkSum(block: Buffer): { readonly unsigned: number; readonly signed: number } {
  let unsigned = 0
  let high = 0
  for (let index = 0; index < BLOCK_BYTES; index++) {
    const byte = index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0)
    unsigned += byte
    if (byte >= 0x80) high++
  }
  return { unsigned, signed: unsigned - 256 * high }
}

/** Whether the block is the NUL block that ends an archive. */
export function isZeroBlock(block: Buffer): boolean {
  if (block[0] !== 0 || block[156] !== 0 || block[257] !== 0) return false
  return block.every((byte) => byte === 0)
}

/** Throws `wire-malformed` when the checksum is wrong or a number cannot be read. `block` must hold 512 bytes. */
export function parseHeader(block: Buffer): RawHeader {
  const sum = checkSum(block)
  const stored = parseNumber(block, 148, 8, 'checksum')
  if (stored !== sum.unsigned && stored !== sum.signed) throw new Fault('wire-malformed', 'tar header: the checksum is wrong')
  const isUstar = block.readUInt32BE(257) === USTAR_MAGIC && block[261] === 0x72
  // `ustar\0`: POSIX, with a prefix field. `ustar  \0`: GNU, which keeps times and the sparse map there.
  const isPosix = isUstar && block[262] === 0
  const prefix = isPosix ? field(block, 345, 155) : Buffer.alloc(0)
  const shortName = field(block, 0, 100)
  const typeByte = block[156] ?? 0
  const type = typeByte === 0 ? '0' : String.fromCharCode(typeByte)
  const isSparse = type === 'S' && isUstar && !isPosix
  const size = parseNumber(block, 124, 12, 'size')
  if (size < 0) throw new Fault('wire-malformed', 'tar header: the size is negative')
  return {
    name: Buffer.from(prefix.length > 0 ? Buffer.concat([prefix, Buffer.from('/'), shortName]) : shortName),
    linkName: Buffer.from(field(block, 157, 100)),
    mode: parseNumber(block, 100, 8, 'mode') & 0o7777,
    modifiedS: parseNumber(block, 136, 12, 'time'),
    // Links, devices and directories of ustar carry no data, whatever the field says; GNU dump directories (`D`) do.
    size: '123456'.includes(type) ? 0 : size,
    type,
    hasSparseExtension: isSparse && block[482] === 1,
    sparseRealSize: isSparse ? parseNumber(block, 483, 12, 'real size') : 0,
  }
}
