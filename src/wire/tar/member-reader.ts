// Watches a tar stream flow by and tells each member's name, kind and place. It is given the stream in pieces of any size, copies only
// headers and names, and skips data by counting. It understands ustar, pax (POSIX and GNU sparse 0.0, 0.1, 1.0) and GNU tar's own forms
// (long names, long links, old sparse maps, dump directories, multi-volume is refused). Format: docs/formats/tar.md.

import { Fault } from '../../kernel/fault.ts'
import { BLOCK_BYTES, blockBytesOf, isZeroBlock, parseHeader, type BlockBytes, type RawHeader } from './header.ts'

export type MemberKind = 'file' | 'hard-link' | 'symlink' | 'character-device' | 'block-device' | 'directory' | 'fifo' | 'other'

export interface TarMember {
  readonly kind: MemberKind
  /** As in the archive, as a string of bytes (latin1): a directory may or may not end in a slash. */
  readonly name: string
  /** Of links, as a string of bytes; else empty. */
  readonly linkName: string
  readonly mode: number
  /** Size of the file when restored, holes included. */
  readonly size: number
  /** Offset in the stream of the member's first header block, extensions included. */
  readonly offset: number
  /** Bytes of data in the archive, before padding. */
  readonly dataBytes: number
  /** Bytes of the member in the archive: extensions, header, data and padding. */
  readonly spanBytes: number
  /** Nanoseconds since 1970, may be negative. */
  readonly mtimeNs: bigint
  readonly uid: number
  readonly gid: number
  /** As strings of bytes; empty when the archive has none. */
  readonly userName: string
  readonly groupName: string
  /** A GNU dump directory (`D`): its data lists what the directory held. */
  readonly isDumpDirectory: boolean
}

/** Told each member when its header is complete. */
export type MemberSink = (member: TarMember) => void

/** A name longer than any file system allows is an attack or damage. */
const EXTENSION_BYTES_MAX = 1024 * 1024
const SPARSE_EXTENSION_BYTES_MAX = 64 * 1024 * 1024

const KINDS: Readonly<Record<string, MemberKind>> = {
  '0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hard-link',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  D: 'directory',
  '6': 'fifo',
}

type State =
  | { readonly kind: 'header' }
  /** Skips data and padding; then a header. */
  | { readonly kind: 'skip' }
  /** Gathers the data of an extension member (`x`, `g`, `L`, `K`). */
  | { readonly kind: 'extension'; readonly type: string; readonly bytes: number }
  /** Old GNU sparse: 512-byte blocks of the map until one says it is the last. */
  | { readonly kind: 'sparse-map'; readonly header: RawHeader }
  | { readonly kind: 'end' }

interface Extensions {
  path?: string
  linkPath?: string
  size?: number
  sparseName?: string
  sparseRealSize?: number
  mtimeNs?: bigint
  uid?: number
  gid?: number
  userName?: string
  groupName?: string
}

/** Splits pax records `LENGTH KEY=VALUE\n`. */
function parsePax(data: Buffer, into: Extensions): void {
  let position = 0
  while (position < data.length && data[position] !== 0) {
    const blank = data.indexOf(0x20, position)
    const length = blank < 0 ? Number.NaN : Number(data.toString('latin1', position, blank))
    const end = position + length
    if (!Number.isSafeInteger(length) || length < 5 || end > data.length || data[end - 1] !== 0x0a) throw new Fault('wire-malformed', 'tar: a pax record is damaged')
    const equals = data.indexOf(0x3d, blank)
    if (equals < 0 || equals >= end) throw new Fault('wire-malformed', 'tar: a pax record has no value')
    takePax(data.toString('latin1', blank + 1, equals), data, equals + 1, end - 1, into)
    position = end
  }
}

/** The value lies at `[start, end)` of `data`; most keys are of no interest here. */
function takePax(key: string, data: Buffer, start: number, end: number, into: Extensions): void {
  switch (key) {
    case 'path':
      into.path = data.toString('latin1', start, end)
      break
    case 'linkpath':
      into.linkPath = data.toString('latin1', start, end)
      break
    case 'size':
      into.size = paxNumber(data.toString('latin1', start, end))
      break
    case 'GNU.sparse.name':
      into.sparseName = data.toString('latin1', start, end)
      break
    case 'GNU.sparse.size':
    case 'GNU.sparse.realsize':
      into.sparseRealSize = paxNumber(data.toString('latin1', start, end))
      break
    case 'mtime':
      into.mtimeNs = paxTime(data.toString('latin1', start, end))
      break
    case 'uid':
    case 'gid':
      into[key] = paxNumber(data.toString('latin1', start, end))
      break
    case 'uname':
      into.userName = data.toString('latin1', start, end)
      break
    case 'gname':
      into.groupName = data.toString('latin1', start, end)
      break
  }
}

/** `-1.25` is a quarter of a second before the second -1. Digits beyond the ninth are cut off. */
function paxTime(text: string): bigint {
  const match = /^(-?)(\d{1,16})(?:\.(\d{0,40}))?$/.exec(text)
  if (match === null) throw new Fault('wire-malformed', 'tar: a pax time is not a number')
  const ns = BigInt(match[2] ?? 0) * NANOSECONDS + BigInt((match[3] ?? '').slice(0, 9).padEnd(9, '0'))
  return match[1] === '-' ? -ns : ns
}

function paxNumber(text: string): number {
  const number = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(number)) throw new Fault('wire-malformed', 'tar: a pax size is not a number')
  return number
}

const NO_BYTES = Buffer.alloc(0)
const NANOSECONDS = 1_000_000_000n

/** The bytes up to a NUL. */
function textOf(data: Buffer): string {
  const end = data.indexOf(0)
  return data.toString('latin1', 0, end < 0 ? data.length : end)
}

export class TarMemberReader {
  readonly #sink: MemberSink
  #state: State = { kind: 'header' }
  #skipBytes = 0
  readonly #block = blockBytesOf(Buffer.alloc(BLOCK_BYTES))
  #blockFilled = 0
  #gathered: Buffer[] = []
  #gatheredBytes = 0
  #sparseMapBytes = 0
  #extensions: Extensions = {}
  /** Offset of the byte that comes next. */
  #offset = 0
  #memberOffset: number | undefined

  constructor(sink: MemberSink) {
    this.#sink = sink
  }

  /** Bytes seen so far. */
  get offset(): number {
    return this.#offset
  }

  /** Whether the archive's end mark was seen. */
  get isEnded(): boolean {
    return this.#state.kind === 'end'
  }

  /** Takes the next piece. Throws `wire-malformed` when it is not a tar stream; the reader is then of no more use. */
  push(piece: Uint8Array): void {
    const block = blockBytesOf(piece)
    const { bytes } = block
    let position = 0
    while (position < bytes.length) {
      if (this.#skipBytes > 0) {
        const count = Math.min(this.#skipBytes, bytes.length - position)
        this.#skipBytes -= count
        position += count
        this.#offset += count
        continue
      }
      if (this.#state.kind === 'end') {
        this.#offset += bytes.length - position
        return
      }
      position += this.#state.kind === 'extension' ? this.#gather(bytes, position, this.#state) : this.#fillBlock(block, position)
    }
  }

  /** Whether the mark of the end has come: an archive that was cut between two members has none. */
  get isAtEnd(): boolean {
    return this.#state.kind === 'end'
  }

  /** The stream is over. Throws when it ended in the middle of a member. */
  finish(): void {
    if (this.isAtEnd) return
    if (this.#offset > 0 && this.#state.kind === 'header' && this.#blockFilled === 0 && this.#skipBytes === 0 && this.#memberOffset === undefined) return
    throw new Fault('wire-malformed', `tar: the stream ends inside a member, at byte ${this.#offset}`)
  }

  #fillBlock(piece: BlockBytes, position: number): number {
    const { bytes } = piece
    // A header that lies whole in the piece is read in place.
    if (this.#blockFilled === 0 && bytes.length - position >= BLOCK_BYTES) {
      this.#offset += BLOCK_BYTES
      this.#takeBlock(piece, position)
      return BLOCK_BYTES
    }
    const count = Math.min(BLOCK_BYTES - this.#blockFilled, bytes.length - position)
    bytes.copy(this.#block.bytes, this.#blockFilled, position, position + count)
    this.#blockFilled += count
    this.#offset += count
    if (this.#blockFilled === BLOCK_BYTES) {
      this.#blockFilled = 0
      this.#takeBlock(this.#block, 0)
    }
    return count
  }

  #takeBlock(block: BlockBytes, at: number): void {
    if (this.#state.kind === 'sparse-map') {
      this.#sparseMapBytes += BLOCK_BYTES
      if (this.#sparseMapBytes > SPARSE_EXTENSION_BYTES_MAX) throw new Fault('wire-malformed', 'tar: a sparse map without end')
      // Byte 504 of an extension block says whether another one follows.
      if (block.bytes[at + 504] !== 1) this.#tell(this.#state.header)
      return
    }
    if (isZeroBlock(block, at)) {
      if (this.#memberOffset !== undefined) throw new Fault('wire-malformed', 'tar: an extension without its member')
      this.#state = { kind: 'end' }
      return
    }
    const header = parseHeader(block, at)
    this.#memberOffset ??= this.#offset - BLOCK_BYTES
    switch (header.type) {
      case 'x':
      case 'g':
      case 'L':
      case 'K':
        if (header.size > EXTENSION_BYTES_MAX) throw new Fault('wire-malformed', `tar: an extension of ${header.size} bytes`)
        this.#state = { kind: 'extension', type: header.type, bytes: header.size }
        if (header.size === 0) this.#takeExtension(header.type, NO_BYTES)
        break
      case 'V':
        // A volume label is not a member.
        this.#memberOffset = undefined
        this.#skip(header.size)
        break
      case 'M':
        throw new Fault('wire-malformed', 'tar: a multi-volume archive is not a dump')
      default:
        if (header.hasSparseExtension) {
          this.#sparseMapBytes = 0
          this.#state = { kind: 'sparse-map', header }
        } else this.#tell(header)
    }
  }

  #gather(bytes: Buffer, position: number, state: { readonly type: string; readonly bytes: number }): number {
    const count = Math.min(state.bytes - this.#gatheredBytes, bytes.length - position)
    const part = bytes.subarray(position, position + count)
    const isWhole = count === state.bytes
    this.#gatheredBytes += count
    this.#offset += count
    // The piece belongs to somebody else afterwards.
    if (!isWhole) this.#gathered.push(Buffer.from(part))
    if (this.#gatheredBytes === state.bytes) this.#takeExtension(state.type, isWhole ? part : Buffer.concat(this.#gathered))
    return count
  }

  #takeExtension(type: string, data: Buffer): void {
    const bytes = this.#gatheredBytes
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#skip(0, bytes)
    if (type === 'x') parsePax(data, this.#extensions)
    else if (type === 'L') this.#extensions.path = textOf(data)
    else if (type === 'K') this.#extensions.linkPath = textOf(data)
    else this.#memberOffset = undefined
  }

  /** Goes on after `left` more bytes of data and the padding of all of it (`seen` bytes were read already). */
  #skip(left: number, seen = 0): void {
    const padding = (BLOCK_BYTES - ((left + seen) % BLOCK_BYTES)) % BLOCK_BYTES
    this.#skipBytes = left + padding
    this.#state = { kind: 'header' }
  }

  #tell(header: RawHeader): void {
    const extensions = this.#extensions
    const dataBytes = header.size === 0 && '123456'.includes(header.type) ? 0 : (extensions.size ?? header.size)
    const offset = this.#memberOffset ?? this.#offset - BLOCK_BYTES
    const member: TarMember = {
      kind: KINDS[header.type] ?? 'other',
      name: extensions.sparseName ?? extensions.path ?? header.name,
      linkName: extensions.linkPath ?? header.linkName,
      mode: header.mode,
      size: extensions.sparseRealSize ?? (header.type === 'S' ? header.sparseRealSize : dataBytes),
      offset,
      dataBytes,
      spanBytes: this.#offset - offset + Math.ceil(dataBytes / BLOCK_BYTES) * BLOCK_BYTES,
      mtimeNs: extensions.mtimeNs ?? BigInt(header.mtimeSeconds) * NANOSECONDS,
      uid: extensions.uid ?? header.uid,
      gid: extensions.gid ?? header.gid,
      userName: extensions.userName ?? header.userName,
      groupName: extensions.groupName ?? header.groupName,
      isDumpDirectory: header.type === 'D',
    }
    this.#extensions = {}
    this.#memberOffset = undefined
    this.#skip(dataBytes)
    // Old V7 archives mark a directory only by its slash.
    this.#sink(member.kind === 'file' && header.type === '0' && member.name.endsWith('/') ? { ...member, kind: 'directory' } : member)
  }
}
