// Turns the members of an archive into orders for the threads that write. A directory's own names all go to one thread, so that they are made in the order of the archive
// and its handle is used again; a hard link goes to the thread of its target, which is then there. What must wait for everything before it is a barrier.

import { Fault } from '../../kernel/fault.ts'
import { parseAclText } from '../../posix/acl.ts'
import type { MemberContent } from '../../wire/tar/member-content.ts'
import { joinPath, placeOf, type Place } from '../../wire/tar/member-place.ts'
import type { MemberExtras, TarMember } from '../../wire/tar/member-reader.ts'
import type { ExtendedAttribute } from '../../wire/tar/pax-records.ts'
import { DumpdirParser, type RenameRecord } from '../../wire/tar/dumpdir.ts'
import { ACL_ACCESS, ACL_DEFAULT } from './attribute-setter.ts'
import { BATCH_BYTES, BatchWriter, DATA_FOLLOWS, type Attributes } from './batch.ts'
import type { ExtractOptions } from './contract.ts'
import type { Outcomes } from './outcomes.ts'
import type { OwnerIds } from './owner-ids.ts'

export type FeedItem =
  | { readonly kind: 'batch'; readonly writer: number; readonly buffer: ArrayBuffer; readonly usedBytes: number }
  /** All before it is done before anything behind it begins. */
  | { readonly kind: 'barrier' }
  /** Alone, as behind a barrier. */
  | { readonly kind: 'renames'; readonly renames: readonly RenameRecord[] }

/** Where items go; they are carried out in order as far as they depend on each other. */
export interface FeedSink {
  take(item: FeedItem): void
  /** A buffer of `BATCH_BYTES` that nobody uses. */
  buffer(): ArrayBuffer
}

/** A whole file up to this size is one order. */
const INLINE_BYTES_MAX = 512 * 1024
const DUMP_LIST_BYTES_MAX = 128 * 1024 * 1024
const IMPLIED_MAX = 65_536
const NANOSECONDS = 1_000_000_000n
const NODE_BITS = { 'character-device': 0o020000, 'block-device': 0o060000, fifo: 0o010000 } as const
const NO_XATTRS: readonly ExtendedAttribute[] = []

interface Lane {
  batch: BatchWriter | undefined
  /** What its writer has entered. */
  directory: string | undefined
}

type Current =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly lane: number; readonly name: string; readonly attributes: Attributes; readonly size: number; isBegun: boolean }
  | { readonly kind: 'directory'; readonly path: string; readonly attributes: Attributes; list: Buffer[]; listBytes: number }

export class ArchiveFeed implements MemberContent {
  members = 0
  readonly #sink: FeedSink
  readonly #options: ExtractOptions
  readonly #outcomes: Outcomes
  readonly #ids: OwnerIds
  readonly #lanes: Lane[]
  /** Lists of incremental dumps are wanted: there is something they could be about. */
  readonly #hasLists: boolean
  /** The directories of the archive that the last one lies in, itself included. */
  #ancestors: string[] = ['']
  /** GNU tar's incremental archives have all directories before all else. */
  #areDirectoriesFirst = false
  readonly #implied = new Set<string>()
  #lastParent = '\0'
  #lastDirectory = ''
  #current: Current = { kind: 'none' }

  constructor(sink: FeedSink, options: ExtractOptions, outcomes: Outcomes, ids: OwnerIds, writers: number, isRootFresh: boolean) {
    this.#sink = sink
    this.#options = options
    this.#outcomes = outcomes
    this.#ids = ids
    this.#lanes = Array.from({ length: writers }, () => ({ batch: undefined, directory: undefined }))
    this.#hasLists = options.isIncremental && !isRootFresh
  }

  /** Throws `restore-unsafe` for a name that leaves the target. */
  member(member: TarMember): void {
    this.#current = { kind: 'none' }
    const place = this.#select(this.#placeOf(member.name))
    if (place === undefined) return
    this.members++
    const path = joinPath(place.directory, place.name)
    const refusal = refusalOf(member, place)
    if (refusal !== undefined) return this.#outcomes.fail(path, refusal.code, refusal.reason)
    if (member.kind === 'directory') return this.#directory(member, path)
    if (member.kind === 'hard-link') return this.#hardLink(member, place)
    const attributes = this.#attributesOf(member, path)
    const lane = this.#enter(place.directory)
    const strings = place.name.length + member.linkName.length
    switch (member.kind) {
      case 'file':
        this.#current = { kind: 'file', lane, name: place.name, attributes, size: member.size, isBegun: false }
        break
      case 'symlink':
        this.#batch(lane, BatchWriter.roomFor(strings, attributes.xattrs)).symlink(place.name, attributes, member.linkName)
        break
      case 'character-device':
      case 'block-device':
      case 'fifo':
        this.#batch(lane, BatchWriter.roomFor(strings, attributes.xattrs)).node(place.name, attributes, NODE_BITS[member.kind], member.extras?.deviceMajor ?? 0, member.extras?.deviceMinor ?? 0)
        break
      default:
        this.#outcomes.fail(path, 'not-supported', 'is of a kind that is not known')
    }
  }

  data(piece: Buffer, position: number): void {
    const current = this.#current
    if (current.kind === 'directory') {
      current.listBytes += piece.length
      if (current.listBytes > DUMP_LIST_BYTES_MAX) throw new Fault('wire-malformed', 'tar: the list of a dump directory has no end')
      if (this.#hasLists) current.list.push(Buffer.from(piece))
    } else if (current.kind === 'file') this.#fileData(current, piece, position)
  }

  end(): void {
    const current = this.#current
    this.#current = { kind: 'none' }
    if (current.kind === 'directory') this.#endDirectory(current.path, current.attributes, current.list)
    else if (current.kind === 'file') {
      if (!current.isBegun) this.#batch(current.lane, BatchWriter.roomFor(current.name.length, current.attributes.xattrs)).file(current.name, current.attributes, current.size, 0)
      else this.#batch(current.lane, BatchWriter.roomFor(0)).endFile()
    }
  }

  /** Hands over what is packed so far. */
  flush(): void {
    this.#lanes.forEach((_, lane) => this.#flushLane(lane))
  }

  /** `undefined` when it is not selected. */
  #select(place: Place): Place | undefined {
    const { select, rename } = this.#options
    if (select === undefined && rename === undefined) return place
    const path = joinPath(place.directory, place.name)
    if (select?.(path) === false) return undefined
    return rename === undefined ? place : this.#renamed(path)
  }

  #renamed(path: string): Place | undefined {
    const renamed = this.#options.rename?.(path)
    return renamed === undefined ? undefined : renamed === '' ? { directory: '', name: '' } : placeOf(renamed, 'a new name')
  }

  /** Members of one directory mostly come one after another. */
  #placeOf(name: string): Place {
    const slash = name.lastIndexOf('/')
    const last = name.slice(slash + 1)
    if (slash > 0 && last !== '' && last !== '.' && last !== '..') {
      const parent = name.slice(0, slash)
      if (parent === this.#lastParent) return { directory: this.#lastDirectory, name: last }
      const place = placeOf(name, 'a member')
      this.#lastParent = parent
      this.#lastDirectory = place.directory
      return place
    }
    return placeOf(name, 'a member')
  }

  #directory(member: TarMember, path: string): void {
    const attributes = this.#attributesOf(member, path)
    if (member.extras?.hasDumpList !== true) return this.#endDirectory(path, attributes, [])
    this.#areDirectoriesFirst = true
    this.#current = { kind: 'directory', path, attributes, list: [], listBytes: 0 }
  }

  #endDirectory(path: string, attributes: Attributes, pieces: readonly Buffer[]): void {
    const list = pieces.length === 0 ? undefined : Buffer.concat(pieces)
    const renames = list === undefined ? [] : renamesOf(list)
    if (renames.length > 0) {
      this.flush()
      for (const lane of this.#lanes) lane.directory = undefined
      this.#sink.take({ kind: 'renames', renames })
    }
    const isBelowAnnounced = this.#announce(path)
    const lane = this.#laneOf(path)
    this.#batch(lane, BatchWriter.roomFor(path.length, attributes.xattrs) + (list?.length ?? 0)).directory(path, attributes, isBelowAnnounced, list)
    this.#laneAt(lane).directory = path
  }

  #hardLink(member: TarMember, place: Place): void {
    const path = joinPath(place.directory, place.name)
    const original = placeOf(member.linkName, 'a hard link to')
    const target = this.#options.rename === undefined ? original : this.#renamed(joinPath(original.directory, original.name))
    if (target === undefined || target.name === '') return this.#outcomes.fail(path, 'link-target', 'its first name is not restored')
    const isAnnounced = this.#isAnnounced(place.directory)
    const lane = this.#laneOf(target.directory)
    const strings = place.directory.length + place.name.length + target.directory.length + target.name.length
    this.#batch(lane, BatchWriter.roomFor(strings)).hardLink(place.directory, place.name, target.directory, target.name, isAnnounced)
    this.#laneAt(lane).directory = undefined
  }

  #fileData(current: Extract<Current, { kind: 'file' }>, piece: Buffer, position: number): void {
    const { lane, name, attributes, size } = current
    const room = BatchWriter.roomFor(name.length, attributes.xattrs)
    if (!current.isBegun) {
      // A file of one piece is one order; its end then has nothing more to say.
      if (position === 0 && piece.length === size && size <= INLINE_BYTES_MAX) {
        const batch = this.#batch(lane, room + piece.length)
        batch.file(name, attributes, size, piece.length)
        batch.inlineData(piece)
        this.#current = { kind: 'none' }
        return
      }
      this.#batch(lane, room).file(name, attributes, size, DATA_FOLLOWS)
      current.isBegun = true
    }
    const overhead = BatchWriter.roomFor(0)
    for (let at = 0; at < piece.length; ) {
      const batch = this.#batch(lane, Math.min(overhead + piece.length - at, BATCH_BYTES >> 4))
      const count = Math.min(piece.length - at, batch.freeBytes - overhead)
      batch.data(piece.subarray(at, at + count), position + at)
      at += count
    }
  }

  /** The lane of a directory, in which its writer is. */
  #enter(directory: string): number {
    const lane = this.#laneOf(directory)
    if (this.#laneAt(lane).directory !== directory) {
      const isAnnounced = this.#isAnnounced(directory)
      this.#batch(lane, BatchWriter.roomFor(directory.length)).enter(directory, isAnnounced)
      this.#laneAt(lane).directory = directory
    }
    return lane
  }

  /** Notes a directory of the archive; tells whether all above it are known as such. */
  #announce(path: string): boolean {
    const ancestors = this.#ancestors
    while (ancestors.length > 1 && !isBelow(path, ancestors.at(-1) ?? '')) ancestors.pop()
    const slash = path.lastIndexOf('/')
    const parent = slash < 0 ? '' : path.slice(0, slash)
    const isKnown = this.#areDirectoriesFirst || ancestors.at(-1) === parent || path === ''
    if (isKnown) {
      if (path !== '' && ancestors.at(-1) !== path) ancestors.push(path)
    } else this.#imply(parent)
    return isKnown
  }

  #isAnnounced(directory: string): boolean {
    if (this.#areDirectoriesFirst || directory === '' || this.#ancestors.includes(directory)) return true
    this.#imply(directory)
    return false
  }

  /** A directory that the archive does not have may be a link that it has: what is there then is decided by the order of the archive. */
  #imply(directory: string): void {
    if (this.#lanes.length === 1 || this.#implied.has(directory)) return
    if (this.#implied.size >= IMPLIED_MAX) this.#implied.clear()
    this.#implied.add(directory)
    this.flush()
    this.#sink.take({ kind: 'barrier' })
  }

  #laneOf(directory: string): number {
    if (this.#lanes.length === 1) return 0
    let hash = 0
    for (let index = 0; index < directory.length; index++) hash = (Math.imul(hash, 31) + directory.charCodeAt(index)) | 0
    return ((hash ^ (hash >>> 15)) >>> 0) % this.#lanes.length
  }

  #laneAt(lane: number): Lane {
    const found = this.#lanes[lane]
    if (found === undefined) throw new Fault('internal', `there is no writer ${lane}`)
    return found
  }

  /** The batch of a lane with room for an order; a new one when it is full, a larger one for a larger order. */
  #batch(laneNumber: number, room: number): BatchWriter {
    const lane = this.#laneAt(laneNumber)
    if (lane.batch !== undefined && lane.batch.freeBytes >= room) return lane.batch
    this.#flushLane(laneNumber)
    const batch = new BatchWriter(room <= BATCH_BYTES ? this.#sink.buffer() : new ArrayBuffer(room))
    lane.batch = batch
    return batch
  }

  #flushLane(laneNumber: number): void {
    const lane = this.#laneAt(laneNumber)
    const { batch } = lane
    lane.batch = undefined
    if (batch !== undefined && batch.usedBytes > 0) this.#sink.take({ kind: 'batch', writer: laneNumber, buffer: batch.buffer, usedBytes: batch.usedBytes })
  }

  #attributesOf(member: TarMember, path: string): Attributes {
    const ns = member.mtimeNs
    let seconds = Number(ns / NANOSECONDS)
    let nanoseconds = Number(ns % NANOSECONDS)
    if (nanoseconds < 0) {
      seconds--
      nanoseconds += Number(NANOSECONDS)
    }
    return { mode: member.mode, uid: this.#ids.user(member.userName, member.uid), gid: this.#ids.group(member.groupName, member.gid), seconds, nanoseconds, xattrs: this.#xattrsOf(member, member.extras, path) }
  }

  #xattrsOf(member: TarMember, extras: MemberExtras | undefined, path: string): readonly ExtendedAttribute[] {
    if (extras === undefined || (extras.xattrs.length === 0 && extras.accessAcl === undefined && extras.defaultAcl === undefined)) return NO_XATTRS
    const xattrs = extras.xattrs.filter(({ name }) => !name.startsWith('system.') && !name.includes('\0') && name !== '')
    for (const [name, text] of [[ACL_ACCESS, extras.accessAcl], [ACL_DEFAULT, extras.defaultAcl]] as const) {
      if (text === undefined || text.trim() === '' || (name === ACL_DEFAULT && member.kind !== 'directory') || member.kind === 'symlink') continue
      try {
        xattrs.push({ name, value: parseAclText(text, this.#ids.aclIds) })
      } catch (error) {
        this.#outcomes.strange(path, 'attributes', `its access list cannot be set: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    return xattrs
  }
}

function renamesOf(list: Buffer): RenameRecord[] {
  const renames: RenameRecord[] = []
  const parser = new DumpdirParser((record) => {
    if (record.kind !== 'entry') renames.push(record)
  })
  parser.push(list)
  parser.finish()
  return renames
}

function isBelow(path: string, ancestor: string): boolean {
  return ancestor === '' || (path.startsWith(ancestor) && (path.length === ancestor.length || path[ancestor.length] === '/'))
}

function refusalOf(member: TarMember, place: Place): { readonly code: 'name' | 'not-supported'; readonly reason: string } | undefined {
  if (place.name.includes('\0') || place.directory.includes('\0') || member.linkName.includes('\0')) return { code: 'name', reason: 'has a NUL in its name' }
  if (place.name === '' && member.kind !== 'directory') return { code: 'name', reason: 'has the name of the target itself' }
  if (member.extras?.isUnreadable === true) return { code: 'not-supported', reason: 'is sparse in a form that is not known' }
  return undefined
}
