// Watches a tar stream flow by and tells each member's name, kind and place. It is given the stream in pieces of any size, copies only
// headers and names, and skips data by counting. It understands ustar, pax (POSIX and GNU sparse 0.0, 0.1, 1.0) and GNU tar's own forms
// (long names, long links, old sparse maps, dump directories, multi-volume is refused). Format: docs/formats/tar.md.

import { assert } from '../../kernel/assert.ts'
import { Fault } from '../../kernel/fault.ts'
import { BLOCK_BYTES, blockBytesOf, isZeroBlock, parseHeader, type BlockBytes, type RawHeader } from './header.ts'
import { ContentFeed, type MemberContent } from './member-content.ts'
import { parsePax, type ExtendedAttribute, type Extensions } from './pax-records.ts'
import { parseOldEntries } from './sparse-map.ts'

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
  /** Only from a reader that was given a content. */
  readonly extras?: MemberExtras
}

/** What an extraction needs beyond names and places. */
export interface MemberExtras {
  readonly deviceMajor: number
  readonly deviceMinor: number
  readonly xattrs: readonly ExtendedAttribute[]
  /** As text, with names or numbers. */
  readonly accessAcl: string | undefined
  readonly defaultAcl: string | undefined
  /** A directory whose list comes as its content. */
  readonly hasDumpList: boolean
  /** Data in a form that is not known here (sparse files of star): the contents cannot be restored. */
  readonly isUnreadable: boolean
}

/** Told each member when its header is complete. */
export type MemberSink = (member: TarMember) => void

/** A name longer than any file system allows is an attack or damage. */
const NAME_BYTES_MAX = 1024 * 1024
/** Pax headers of GNU tar also carry what a directory holds, and attributes of 64 KiB each. */
const EXTENSION_BYTES_MAX = 64 * 1024 * 1024
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

const NO_BYTES = Buffer.alloc(0)
const NANOSECONDS = 1_000_000_000n
const OLD_HEADER_ENTRIES = { at: 386, count: 4 } as const
const OLD_BLOCK_ENTRIES = 21

/** The bytes up to a NUL. */
function textOf(data: Buffer): string {
  const end = data.indexOf(0)
  return data.toString('latin1', 0, end < 0 ? data.length : end)
}

export class TarMemberReader {
  readonly #sink: MemberSink
  readonly #feed: ContentFeed | undefined
  #state: State = { kind: 'header' }
  /** Bytes of data for the feed, then of padding or of what nobody wants. */
  #dataBytes = 0
  #skipBytes = 0
  readonly #block = blockBytesOf(Buffer.alloc(BLOCK_BYTES))
  #blockFilled = 0
  #gathered: Buffer[] = []
  #gatheredBytes = 0
  #sparseMapBytes = 0
  #oldSparse: number[] = []
  #extensions: Extensions = {}
  /** Of global headers: for every member that follows. */
  #globals: Extensions = {}
  #hasGlobals = false
  /** Offset of the byte that comes next. */
  #offset = 0
  #memberOffset: number | undefined

  /** With `content`, the data is not skipped, and members have their extras. */
  constructor(sink: MemberSink, content?: MemberContent) {
    this.#sink = sink
    this.#feed = content === undefined ? undefined : new ContentFeed(content)
  }

  /** Bytes seen so far. */
  get offset(): number {
    return this.#offset
  }

  /** Whether the archive's end mark was seen. */
  get isEnded(): boolean {
    return this.#state.kind === 'end'
  }

  /** Bytes that come next and that are only counted: `skip` may be told of them instead of `push`. */
  get skippableBytes(): number {
    return this.#dataBytes > 0 ? 0 : this.#state.kind === 'end' ? Number.MAX_SAFE_INTEGER : this.#skipBytes
  }

  /** `count` bytes went by, at most `skippableBytes`. */
  skip(count: number): void {
    assert(count <= this.skippableBytes, 'only bytes that nobody looks at are skipped')
    if (this.#state.kind !== 'end') this.#skipBytes -= count
    this.#offset += count
  }

  /** Takes the next piece. Throws `wire-malformed` when it is not a tar stream; the reader is then of no more use. */
  push(piece: Uint8Array): void {
    try {
      this.#push(blockBytesOf(piece))
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'wire-malformed') throw error
      throw new Fault('wire-malformed', `${error.message}, near byte ${this.#offset}`, { context: { offset: this.#offset } })
    }
  }

  #push(block: BlockBytes): void {
    const { bytes } = block
    let position = 0
    while (position < bytes.length) {
      if (this.#dataBytes > 0) {
        const count = Math.min(this.#dataBytes, bytes.length - position)
        this.#dataBytes -= count
        this.#offset += count
        this.#feed?.take(bytes.subarray(position, position + count))
        position += count
        if (this.#dataBytes === 0) this.#feed?.end()
        continue
      }
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
    if (this.#offset > 0 && this.#state.kind === 'header' && this.#blockFilled === 0 && this.#skipBytes === 0 && this.#dataBytes === 0 && this.#memberOffset === undefined) return
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
      if (this.#feed !== undefined) parseOldEntries(block.bytes, at, OLD_BLOCK_ENTRIES, this.#oldSparse)
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
        if (header.size > (header.type === 'x' ? EXTENSION_BYTES_MAX : NAME_BYTES_MAX)) throw new Fault('wire-malformed', `tar: an extension of ${header.size} bytes`)
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
        this.#oldSparse = []
        if (this.#feed !== undefined && header.isGnu && header.type === 'S') parseOldEntries(block.bytes, at + OLD_HEADER_ENTRIES.at, OLD_HEADER_ENTRIES.count, this.#oldSparse)
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
    if (type === 'x') parsePax(data, this.#extensions, this.#feed !== undefined)
    else if (type === 'L') this.#extensions.path = textOf(data)
    else if (type === 'K') this.#extensions.linkPath = textOf(data)
    else {
      parsePax(data, this.#globals, this.#feed !== undefined)
      this.#hasGlobals = true
      this.#memberOffset = undefined
    }
  }

  /** Goes on after `left` more bytes of data and the padding of all of it (`seen` bytes were read already). */
  #skip(left: number, seen = 0): void {
    const padding = (BLOCK_BYTES - ((left + seen) % BLOCK_BYTES)) % BLOCK_BYTES
    this.#skipBytes = left + padding
    this.#state = { kind: 'header' }
  }

  #tell(header: RawHeader): void {
    const extensions = this.#hasGlobals ? { ...this.#globals, ...this.#extensions } : this.#extensions
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
    const told: TarMember = member.kind === 'file' && header.type === '0' && member.name.endsWith('/') ? { ...member, kind: 'directory' } : member
    if (this.#feed === undefined) this.#sink(told)
    else this.#tellFull(this.#feed, { ...told, extras: extrasOf(header, extensions) }, header, extensions)
  }

  #tellFull(feed: ContentFeed, member: TarMember, header: RawHeader, extensions: Extensions): void {
    this.#sink(member)
    const isInData = extensions.sparseMajor === 1 && member.kind === 'file'
    feed.begin(member, isInData ? 'in-data' : header.type === 'S' && header.isGnu ? this.#oldSparse : member.kind === 'file' ? extensions.sparseNumbers : undefined)
    if (extensions.dumpList !== undefined && member.kind === 'directory' && member.dataBytes === 0) feed.take(extensions.dumpList)
    this.#dataBytes = member.dataBytes
    this.#skipBytes -= member.dataBytes
    if (member.dataBytes === 0) feed.end()
  }
}

function extrasOf(header: RawHeader, extensions: Extensions): MemberExtras {
  return {
    deviceMajor: extensions.deviceMajor ?? header.deviceMajor,
    deviceMinor: extensions.deviceMinor ?? header.deviceMinor,
    xattrs: extensions.xattrs ?? NO_XATTRS,
    accessAcl: extensions.accessAcl,
    defaultAcl: extensions.defaultAcl,
    hasDumpList: header.type === 'D' || extensions.dumpList !== undefined,
    isUnreadable: header.type === 'S' && !header.isGnu,
  }
}

const NO_XATTRS: readonly ExtendedAttribute[] = []
