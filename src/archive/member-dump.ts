// Dumps one member after the other: header, line of the index, data. What happens to a file while it is read is said and never stops the dump: the size in
// the header holds, what is missing becomes zeros, what is beyond it is left out.

import { dataRuns } from '../posix/holes.ts'
import { FileFacts, type FileKind } from '../posix/file-facts.ts'
import type { TreeCalls } from '../posix/tree-calls.ts'
import { emptyFacts, paddedBytes, PaxWriter, type MemberFacts, type MemberType } from '../wire/tar/pax-writer.ts'
import { attributeRecords, attributesAt, HandleAttributes, type AttributeSource, type PaxRecords } from './attribute-records.ts'
import type { IndexWriter } from './index-writer.ts'
import type { MemberOutput } from './member-output.ts'
import type { MemberPath } from './member-path.ts'
import type { OwnerNames } from './owner-names.ts'
import type { ArchiveSettings } from './settings.ts'
import { sparseMap, type SparseMap } from './sparse-map.ts'
import { CHANGED, cannot, codeOf, OTHER_FILE_SYSTEM, readError, REMOVED, sayOf, shrank, SOCKET_IGNORED, UNKNOWN_TYPE } from './tar-words.ts'

export interface DumpTools {
  readonly calls: TreeCalls
  readonly settings: ArchiveSettings
  readonly owners: OwnerNames
  readonly output: MemberOutput
  readonly index: IndexWriter
  readonly path: MemberPath
  /** Where the file `key` is in the archive already; undefined when it is to be read here. Waits until all before it was handed out. */
  askLink(key: string, linkCount: number, path: string): string | undefined
}

/** `doubtful`: it is in the dump, and what it was then is not known. `absent`: it is not. */
export type Dumped = 'whole' | 'doubtful' | 'absent'

/** A file of at most so much, headers included, is read before it is known whether it is needed. */
const LINKED_BYTES_MAX = 128 * 1024
const NO_RECORDS: PaxRecords = []
const LETTERS: Readonly<Record<MemberType, string>> = { file: 'f', 'hard-link': 'h', symlink: 'l', 'character-device': 'c', 'block-device': 'b', directory: 'd', fifo: 'p', 'dump-directory': 'd' }

export class MemberDump {
  /** Of the member that was dumped last. */
  readonly facts = new FileFacts()
  /** … it is only another name of a file in the archive. */
  isLink = false
  readonly #later = new FileFacts()
  readonly #tools: DumpTools
  readonly #attributes = new HandleAttributes()
  readonly #writer = new PaxWriter()
  readonly #header: MemberFacts = emptyFacts()

  constructor(tools: DumpTools) {
    this.#tools = tools
  }

  /** What a listing says is a regular file. `name` ends in a NUL. */
  file(directory: number, name: Uint8Array): Dumped {
    const { calls, path, output } = this.#tools
    this.isLink = false
    let handle: number
    try {
      handle = calls.openFile(directory, name)
    } catch (error) {
      const code = codeOf(error)
      // Something else has the name by now.
      if (code === 'ELOOP' || code === 'ENXIO' || code === 'EMLINK') return this.special(directory, name)
      output.say(code === 'ENOENT' ? sayOf(path.text(), REMOVED) : cannot(path.text(), 'open', code))
      return 'absent'
    }
    try {
      calls.statHandle(handle, this.facts)
      if (this.facts.isFile) return this.#regular(handle)
    } catch (error) {
      output.say(cannot(path.text(), 'stat', codeOf(error)))
      return 'absent'
    } finally {
      calls.close(handle)
    }
    return this.special(directory, name)
  }

  /** Counts what `file` would dump, without opening it. */
  estimateFile(directory: number, name: Uint8Array): Dumped {
    const { calls } = this.#tools
    try {
      calls.stat(directory, name, this.facts)
    } catch {
      return 'absent'
    }
    if (!this.facts.isFile) return 'absent'
    const { size, allocatedBytes } = this.facts
    const dataBytes = this.#tools.settings.hasSparse ? Math.min(size, allocatedBytes) : size
    this.#fill('file', dataBytes, NO_RECORDS, undefined)
    this.#begin(dataBytes, undefined, size)
    return 'whole'
  }

  /** What is no regular file. */
  special(directory: number, name: Uint8Array): Dumped {
    const { calls, path, output, settings } = this.#tools
    this.isLink = false
    try {
      calls.stat(directory, name, this.facts)
      if (settings.isOneFileSystem && this.facts.isMountRoot) return this.#left(OTHER_FILE_SYSTEM)
      return this.#special(directory, name, this.facts.kind)
    } catch (error) {
      const code = codeOf(error)
      output.say(code === 'ENOENT' ? sayOf(path.text(), REMOVED) : cannot(path.text(), 'stat', code))
      return 'absent'
    }
  }

  #left(what: string): Dumped {
    this.#tools.output.say(sayOf(this.#tools.path.text(), what))
    return 'absent'
  }

  #special(directory: number, name: Uint8Array, kind: FileKind): Dumped {
    switch (kind) {
      case 'file':
        // It became one after it was listed; the next look at it is the next dump's.
        return this.#left(CHANGED)
      case 'directory':
        return this.#left(CHANGED)
      case 'socket':
        return this.#left(SOCKET_IGNORED)
      case 'other':
        return this.#left(UNKNOWN_TYPE)
      case 'symlink':
      case 'fifo':
      case 'character-device':
      case 'block-device':
    }
    const { calls } = this.#tools
    const target = kind === 'symlink' ? calls.readLink(directory, name) : undefined
    const records = this.#records(attributesAt(calls.pathOf(directory, name)))
    this.#fill(kind, 0, records, target)
    const key = this.#linkKey(0, records)
    if (key !== undefined && !key.isSmall) return this.#question(key.key, () => void this.#begin(0, undefined, target?.length ?? 0))
    this.#begin(0, key?.key, target?.length ?? 0)
    return 'whole'
  }

  /** Another name of a file that is in the archive becomes a link to it; else `dump` is done. */
  #question(key: string, dump: () => void): Dumped {
    const { output, path } = this.#tools
    output.flush()
    const target = this.#tools.askLink(key, this.facts.linkCount, path.text())
    if (target === undefined) dump()
    else {
      this.isLink = true
      this.#fill('hard-link', 0, NO_RECORDS, Buffer.from(target, 'latin1'))
      this.#begin(0, undefined, 0)
    }
    return 'whole'
  }

  /** The member of a directory; with its contents list when `listBytes` is given: the caller writes so many bytes behind it, and `finish`es. */
  directory(facts: FileFacts, handle: number | undefined, listBytes: number | undefined, extras: { readonly isOpaque: boolean; readonly renamedFrom: Uint8Array | undefined }): void {
    const { index, output, settings } = this.#tools
    this.facts.copyFrom(facts)
    const records = handle === undefined ? NO_RECORDS : this.#recordsOf(handle)
    this.#fill(listBytes === undefined ? 'directory' : 'dump-directory', listBytes ?? 0, records, undefined)
    const header = this.#writer.header(this.#header)
    if (settings.isEstimate) {
      output.bytes += header.length + paddedBytes(listBytes ?? 0)
      return
    }
    output.directory(this.#header.path, this.#header.pathBytes)
    const start = output.startMember()
    if (settings.index !== 'none') {
      this.#line('d', start, header.length + paddedBytes(listBytes ?? 0), 0)
      if (extras.isOpaque) index.extra('o', undefined)
      if (extras.renamedFrom !== undefined) index.extra('<', extras.renamedFrom)
      index.end()
    }
    output.header(header, this.#header.path, this.#header.pathBytes)
  }

  #recordsOf(handle: number): PaxRecords {
    this.#attributes.handle = handle
    return this.#records(this.#attributes)
  }

  #records(source: AttributeSource): PaxRecords {
    const { settings, output, path } = this.#tools
    if (!settings.hasXattrs && !settings.hasAcls) return NO_RECORDS
    try {
      const { records, isWhole } = attributeRecords(source, settings)
      if (!isWhole) output.say(sayOf(path.text(), 'Warning: the extended attributes are too large; not all are dumped'))
      return records
    } catch (error) {
      output.say(sayOf(path.text(), `Warning: Cannot read extended attributes: ${error instanceof Error ? error.message : String(error)}`))
      return NO_RECORDS
    }
  }

  #fill(type: MemberType, dataBytes: number, records: PaxRecords, target: Uint8Array | undefined): void {
    const { owners, path } = this.#tools
    const header = this.#header
    const { facts } = this
    header.type = type
    header.path = path.bytes
    header.pathBytes = path.length
    header.target = target
    header.mode = facts.mode
    header.uid = facts.uid
    header.gid = facts.gid
    header.dataBytes = dataBytes
    header.mtimeSeconds = facts.mtimeSeconds
    header.mtimeRest = facts.mtimeRest
    header.userName = owners.user(facts.uid).plain
    header.groupName = owners.group(facts.gid).plain
    const isDevice = type === 'character-device' || type === 'block-device'
    header.deviceMajor = isDevice ? facts.deviceMajor : 0
    header.deviceMinor = isDevice ? facts.deviceMinor : 0
    header.records = records
    header.sparseSize = undefined
  }

  /** Of a file with several names; `isSmall`: all of its member fits into a block. */
  #linkKey(dataBytes: number, records: PaxRecords): { readonly key: string; readonly isSmall: boolean } | undefined {
    if (this.facts.linkCount < 2 || this.#tools.settings.isEstimate) return undefined
    const bytes = dataBytes + this.#tools.path.length + records.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
    return { key: `${this.facts.dev}:${this.facts.inode}`, isSmall: bytes <= LINKED_BYTES_MAX }
  }

  #regular(handle: number): Dumped {
    const { settings } = this.#tools
    const { facts } = this
    if (settings.isOneFileSystem && facts.isMountRoot) return this.#left(OTHER_FILE_SYSTEM)
    const { size } = facts
    const records = this.#recordsOf(handle)
    const holes = settings.hasSparse && size > 0 && facts.allocatedBytes < size ? dataRuns(handle, size) : undefined
    const isWhole = holes === undefined || (holes.length === 1 && holes[0]?.bytes === size)
    const map = isWhole ? undefined : sparseMap(holes, size)
    const dataBytes = map === undefined ? size : map.bytes.length + map.dataBytes
    const key = this.#linkKey(dataBytes, records)
    if (key === undefined || key.isSmall) return this.#content(handle, size, dataBytes, records, map, key?.key)
    return this.#large(key.key, () => this.#content(handle, size, dataBytes, records, map, undefined))
  }

  /** A file that is too large to be read before it is known whether it is needed. */
  #large(key: string, content: () => Dumped): Dumped {
    let dumped: Dumped = 'whole'
    this.#question(key, () => void (dumped = content()))
    return dumped
  }

  #content(handle: number, size: number, dataBytes: number, records: PaxRecords, map: SparseMap | undefined, key: string | undefined): Dumped {
    this.#fill('file', dataBytes, records, undefined)
    if (map !== undefined) this.#header.sparseSize = size
    if (!this.#begin(dataBytes, key, size)) return 'whole'
    const isStill = map === undefined ? this.#copyWhole(handle, size) : this.#copyRuns(handle, map)
    this.#tools.output.zeros(paddedBytes(dataBytes) - dataBytes)
    this.#endLinked(key)
    return isStill ? 'whole' : 'doubtful'
  }

  #linkedStart = 0
  #linkedIndexStart = 0

  /** Header and line of the index. False when no data is to follow: in an estimate. */
  #begin(dataBytes: number, key: string | undefined, size: number): boolean {
    const { settings, output, index } = this.#tools
    const header = this.#writer.header(this.#header)
    const span = header.length + paddedBytes(dataBytes)
    if (settings.isEstimate) {
      output.bytes += span
      return false
    }
    const start = output.startMember(key === undefined ? 0 : span, dataBytes)
    this.#linkedStart = start
    this.#linkedIndexStart = index.bytes
    if (settings.index !== 'none') {
      this.#line(LETTERS[this.#header.type], start, span, size)
      const { target } = this.#header
      if (target !== undefined) index.extra('>', this.#header.type === 'hard-link' ? target.subarray(1) : target)
      index.end()
    }
    // That of a file with holes has names of its own making.
    if (this.#header.sparseSize === undefined) output.header(header, this.#header.path, this.#header.pathBytes)
    else output.append(header)
    if (dataBytes === 0) this.#endLinked(key)
    return dataBytes > 0
  }

  #endLinked(key: string | undefined): void {
    if (key === undefined) return
    const { output, index, path } = this.#tools
    const { facts } = this
    output.addLinked({ key, linkCount: facts.linkCount, path: path.text(), start: this.#linkedStart, end: output.position, indexStart: this.#linkedIndexStart, indexEnd: index.bytes, mode: facts.mode, uid: facts.uid, gid: facts.gid, mtimeSeconds: facts.mtimeSeconds, mtimeRest: facts.mtimeRest })
  }

  #line(letter: string, start: number, span: number, size: number): void {
    const { index, owners, path } = this.#tools
    const { facts } = this
    index.begin(path.bytes, path.length)
    index.type(letter, start)
    index.attributes(span, size, facts.mtimeSeconds, facts.mtimeRest, facts.mode, facts.uid, facts.gid, owners.user(facts.uid).shown, owners.group(facts.gid).shown)
  }

  /** Whether the file stayed as it was. */
  #copyWhole(handle: number, size: number): boolean {
    const { output, calls } = this.#tools
    if (output.room > size) {
      // One call tells both what is in the file and that it ends there. What comes too much is written over.
      const target = output.target
      let count = 0
      try {
        count = calls.read(handle, target, output.at, size + 1, 0)
      } catch {
        return this.#copy(handle, 0, size)
      }
      if (count === size) {
        output.advance(size)
        return true
      }
      if (count > size) {
        output.advance(size)
        return this.#changed()
      }
    }
    return this.#copy(handle, 0, size) && this.#isStill(handle)
  }

  #copyRuns(handle: number, map: SparseMap): boolean {
    this.#tools.output.append(map.bytes)
    for (const [index, { offset, bytes }] of map.runs.entries()) {
      if (this.#copy(handle, offset, bytes)) continue
      const left = map.runs.slice(index + 1).reduce((sum, run) => sum + run.bytes, 0)
      this.#tools.output.zeros(left)
      return false
    }
    return this.#isStill(handle)
  }

  #changed(): boolean {
    this.#tools.output.say(sayOf(this.#tools.path.text(), CHANGED))
    return false
  }

  #isStill(handle: number): boolean {
    const { calls } = this.#tools
    try {
      calls.statHandle(handle, this.#later)
    } catch {
      return this.#changed()
    }
    const now = this.#later
    const was = this.facts
    const isSame = now.size === was.size && now.mtimeSeconds === was.mtimeSeconds && now.mtimeRest === was.mtimeRest && now.ctimeSeconds === was.ctimeSeconds && now.ctimeRest === was.ctimeRest
    return isSame ? true : this.#changed()
  }

  /** Copies `bytes` from `offset`; what cannot be read is said and becomes zeros. */
  #copy(handle: number, offset: number, bytes: number): boolean {
    const { output, calls, path } = this.#tools
    for (let done = 0; done < bytes; ) {
      const target = output.target
      const wanted = Math.min(bytes - done, output.room)
      let count: number
      try {
        count = calls.read(handle, target, output.at, wanted, offset + done)
      } catch (error) {
        output.say(readError(path.text(), offset + done, wanted, codeOf(error)))
        output.zeros(bytes - done)
        return false
      }
      if (count === 0) {
        output.say(shrank(path.text(), bytes - done))
        output.zeros(bytes - done)
        return false
      }
      output.advance(count)
      done += count
    }
    return true
  }
}
