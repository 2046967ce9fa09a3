// Dumps one directory: its member with the list of what is in it, then all that is no directory, in the order of names; directories in it are handed back.
//
//   list names ─► mark each (Y dumped, N not, D directory) ─► member and contents list ─► members of the Ys ─► record for the snapshot
//
// Where nothing is to be compared, a file is looked at only once: opened. Above level 0 each is looked at before the list is written, since the list says
// what is in this dump.

import { releaseBytes } from '../kernel/release-bytes.ts'
import { FileFacts } from '../posix/file-facts.ts'
import type { BaseTree } from './base-tree.ts'
import { DirectoryList } from './directory-list.ts'
import { MemberDump, type DumpTools, type Dumped } from './member-dump.ts'
import type { MemberKeep } from './member-keep.ts'
import { DIRENT_DIRECTORY, DIRENT_FILE, DIRENT_UNKNOWN, NameList } from './name-list.ts'
import { OpenDirectories } from './open-directories.ts'
import { isCacheTagged, TAG_NAME } from './cache-tag.ts'
import type { PatternSet } from './patterns/pattern-set.ts'
import type { DirectoryEncoding, DirectoryRecord } from './snapshot/contract.ts'
import { CACHE_TAGGED, cannot, codeOf, OTHER_DIRECTORY, REMOVED, sayOf } from './tar-words.ts'
import { isBeyond } from './mount-border.ts'
import { childPath } from './tree-path.ts'
import type { PendingGroup } from './unit-messages.ts'
import { UnchangedDirectory } from './unchanged-directory.ts'
import { indexPathOf } from './index-writer.ts'

export interface DirectoryTools extends DumpTools {
  readonly base: BaseTree | undefined
  /** Undefined: no snapshot is kept. */
  readonly encoding: DirectoryEncoding | undefined
  /** Undefined: every member is read. There is no base then. */
  readonly keep: MemberKeep | undefined
  readonly excludes: PatternSet | undefined
  /** What of the tree was chosen; undefined: all. `passage`: a directory on the way to what was. */
  readonly chosen: ((path: string) => 'whole' | 'passage' | 'out') | undefined
}

const NO_EXTRAS = { isOpaque: false, renamedFrom: undefined }
const NAME_BYTES_MAX = 4096
const MODE_WORD = 7
const DIRECTORY_MODE = 0o040000

export class DirectoryDump {
  readonly #tools: DirectoryTools
  readonly #dump: MemberDump
  readonly #directories: OpenDirectories
  readonly #names = new NameList()
  readonly #unchanged: UnchangedDirectory
  readonly #list: DirectoryList
  readonly #facts = new FileFacts()
  /** Of an entry. */
  readonly #look = new FileFacts()
  /** Stands for a directory in a record: its facts are in its own. */
  readonly #anyDirectory = new FileFacts()
  readonly #topDev: bigint
  #indexes = new Int32Array(1024)
  /** The name that is looked at: a view for each would be garbage for each. */
  readonly #name = Buffer.alloc(NAME_BYTES_MAX)

  constructor(tools: DirectoryTools, top: Uint8Array) {
    this.#tools = tools
    this.#dump = new MemberDump(tools)
    this.#list = new DirectoryList(this.#names)
    this.#unchanged = new UnchangedDirectory(tools)
    this.#directories = new OpenDirectories(tools.calls, top)
    tools.calls.statHandle(this.#directories.open(''), this.#facts)
    this.#topDev = this.#facts.dev
    this.#anyDirectory.words[MODE_WORD] = DIRECTORY_MODE
  }

  /** Directories that were dumped. */
  count = 0

  #entryCount = 0

  /** Names that were looked at last. */
  get entryCount(): number {
    return this.#entryCount
  }

  close(): void {
    this.#directories.close()
  }

  /** Dumps the directory at `path`; returns those in it. The top throws what is wrong with it; of others it is said. */
  dump(path: string): PendingGroup | undefined {
    const { calls, output } = this.#tools
    this.count++
    this.#entryCount = 0
    this.#names.clear()
    this.#tools.path.setDirectory(path)
    let handle: number
    try {
      handle = this.#directories.open(path)
      calls.statHandle(handle, this.#facts)
    } catch (error) {
      return this.#unreadable(path, error)
    }
    if (path !== '' && isBeyond(this.#tools.settings, path, this.#facts, this.#topDev)) {
      output.say(sayOf(this.#tools.path.text(), OTHER_DIRECTORY))
      return this.#bare(handle)
    }
    const taken = this.#tools.keep?.takeDirectory(path, handle, this.#facts)
    if (taken !== undefined) {
      this.#entryCount = taken.entryCount
      output.settle()
      return taken.inside
    }
    const record = this.#tools.base?.directory(path)
    if (record?.hasInodeOf(this.#facts) === true && this.#unchanged.is(path, handle, this.#facts, record)) return this.#same(path, handle, record)
    try {
      calls.readNames(handle, this.#names)
    } catch (error) {
      return this.#unreadable(path, error)
    }
    this.#names.sort()
    this.#resolveTypes(handle)
    this.#entryCount = this.#names.count
    return this.#contents(path, handle, record)
  }

  /** Nothing in it is to be dumped. */
  #same(path: string, handle: number, record: DirectoryRecord): PendingGroup | undefined {
    const { output, settings, encoding } = this.#tools
    const unchanged = this.#unchanged
    this.#entryCount = record.count
    this.#dump.directory(this.#facts, handle, unchanged.listBytes, NO_EXTRAS)
    if (!settings.isEstimate) unchanged.writeList(record)
    if (encoding !== undefined) output.addRecord(record.bytes)
    output.settle()
    return unchanged.directories(path, record)
  }

  /** The directory alone: what is in it is not known to this dump, and a restore leaves it as it is. */
  #bare(handle: number | undefined): undefined {
    this.#dump.directory(this.#facts, handle, undefined, NO_EXTRAS)
    return undefined
  }

  #unreadable(path: string, error: unknown): undefined {
    if (path === '') throw error
    const code = codeOf(error)
    const { output, calls } = this.#tools
    const shown = this.#tools.path.text()
    this.#names.clear()
    output.say(code === 'ENOENT' ? sayOf(shown, REMOVED) : cannot(shown, 'open', code))
    if (code !== 'EACCES' && code !== 'EPERM') return undefined
    try {
      const slash = path.lastIndexOf('/')
      calls.stat(this.#directories.open(slash < 0 ? '' : path.slice(0, slash)), Buffer.from(`${path.slice(slash + 1)}\0`, 'latin1'), this.#facts)
    } catch {
      return undefined
    }
    return this.#facts.isDirectory ? this.#bare(undefined) : undefined
  }

  /** Some file systems do not tell in a listing what a name is. */
  #resolveTypes(handle: number): void {
    const names = this.#names
    for (let index = 0; index < names.count; index++) {
      if (names.typeAt(index) !== DIRENT_UNKNOWN) continue
      try {
        this.#tools.calls.stat(handle, names.nameAt(index), this.#look)
        names.setTypeAt(index, (this.#look.words[MODE_WORD] ?? 0) >>> 12 & 0xf)
      } catch {
        // It is gone, which is found out again when it is dumped.
        names.setTypeAt(index, DIRENT_FILE)
      }
    }
  }

  #contents(path: string, handle: number, record: DirectoryRecord | undefined): PendingGroup | undefined {
    const { settings, encoding, base, output, index, keep } = this.#tools
    const list = this.#list
    list.begin()
    const isPassage = this.#tools.chosen?.(path) === 'passage'
    this.#leaveOut(path, isPassage, handle)
    const known = record?.hasInodeOf(this.#facts) === true ? record : undefined
    encoding?.begin(path === '' ? '.' : path, this.#facts, settings.startedSeconds)
    const isCompared = known !== undefined || settings.isNodumpHonoured
    if (isCompared) this.#compare(handle, known)
    const movedFrom = base?.movedFrom(path)
    const extras = { isOpaque: base !== undefined && known === undefined && path !== '', renamedFrom: movedFrom === undefined || known === undefined ? undefined : indexPathOf(movedFrom) }
    const tail = path === '' ? base?.dumpdirTail : undefined
    this.#dump.directory(this.#facts, handle, isPassage ? undefined : list.bytes(tail), extras)
    if (!isPassage && !settings.isEstimate) list.write(output, tail)
    keep?.endDirectoryMember()
    if (known !== undefined && settings.index === 'attributes') list.writeGone(known, this.#tools.path, index, output)
    this.#members(handle, isCompared)
    if (encoding !== undefined) {
      const record = encoding.finish()
      if (keep === undefined) output.addRecord(record)
      else keep.endDirectory(record)
      releaseBytes(record)
    }
    output.settle()
    return list.directories(path)
  }

  #leaveOut(path: string, isPassage: boolean, handle: number): void {
    const { excludes, chosen, settings, calls, output } = this.#tools
    const names = this.#names
    const isTagged = settings.isCacheSkipped && isCacheTagged(calls, handle, names)
    if (isTagged) output.say(sayOf(this.#tools.path.text(), CACHE_TAGGED))
    const isExcluded = excludes?.inDirectory(path === '' ? '.' : path)
    if (isExcluded === undefined && !isPassage && !isTagged) return
    for (let index = 0; index < names.count; index++) {
      const name = names.textAt(index)
      if ((isTagged && name !== TAG_NAME) || (isPassage && chosen?.(childPath(path, name)) === 'out') || isExcluded?.(name) === true) this.#list.mark(index, 'out')
    }
  }

  /** Looks at every entry; marks those that are as the base has them. */
  #compare(handle: number, known: DirectoryRecord | undefined): void {
    const { calls, encoding, settings } = this.#tools
    const names = this.#names
    const look = this.#look
    if (this.#indexes.length < names.count) this.#indexes = new Int32Array(2 * names.count)
    let at = 0
    for (let index = 0; index < names.count; index++) {
      const start = names.startAt(index)
      const end = start + names.lengthAt(index)
      let order = 1
      if (known !== undefined) {
        for (; at < known.count; at++) {
          order = known.compareNameAt(at, names.bytes, start, end)
          if (order >= 0) break
          this.#list.addGone(at)
        }
      }
      const found = order === 0 && known !== undefined && at < known.count ? at++ : -1
      const isDirectory = names.typeAt(index) === DIRENT_DIRECTORY
      if (found >= 0 && (known?.kindAt(found) === DIRENT_DIRECTORY) !== isDirectory) this.#list.addGone(found)
      if (this.#list.isOut(index)) continue
      if (isDirectory && !settings.isNodumpHonoured) {
        encoding?.add(names.bytes, start, end, this.#anyDirectory)
        continue
      }
      try {
        calls.stat(handle, this.#nameOf(index), look)
      } catch {
        // Said when it is dumped.
        this.#indexes[index] = -1
        continue
      }
      if (settings.isNodumpHonoured && look.isNodump) {
        this.#list.mark(index, 'out')
        continue
      }
      if (found >= 0 && !isDirectory && known?.isUnchanged(found, look) === true && !this.#isLinkApart(look)) this.#list.mark(index, 'unchanged')
      this.#indexes[index] = encoding?.add(names.bytes, start, end, isDirectory ? this.#anyDirectory : look) ?? -1
    }
    if (known !== undefined) for (; at < known.count; at++) this.#list.addGone(at)
  }

  /** One of several names, of which another is dumped. */
  #isLinkApart(look: FileFacts): boolean {
    return look.linkCount > 1 && this.#tools.base?.isLinkApart(look) === true
  }

  /** Dumps what is no directory and is to be dumped. */
  #members(handle: number, isCompared: boolean): void {
    const { encoding, output, path } = this.#tools
    const names = this.#names
    for (let index = 0; index < names.count; index++) {
      if (this.#list.isOut(index)) {
        // A record without all names says nothing about the names of its directory.
        encoding?.doubtDirectory()
        continue
      }
      const isDirectory = names.typeAt(index) === DIRENT_DIRECTORY
      const start = names.startAt(index)
      if (isDirectory) {
        if (!isCompared) encoding?.add(names.bytes, start, start + names.lengthAt(index), this.#anyDirectory)
        continue
      }
      if (this.#list.isUnchanged(index)) continue
      path.setName(names, index)
      const dumped = this.#member(handle, index)
      if (encoding !== undefined) this.#note(encoding, index, isCompared, dumped)
      output.settle()
    }
    path.toDirectory()
  }

  /** The member of a name, in the record. */
  #note(encoding: DirectoryEncoding, index: number, isCompared: boolean, dumped: Dumped): void {
    const names = this.#names
    let entry = isCompared ? (this.#indexes[index] ?? -1) : -1
    if (!isCompared && dumped !== 'absent') {
      const start = names.startAt(index)
      entry = encoding.add(names.bytes, start, start + names.lengthAt(index), this.#dump.facts)
    }
    if (entry < 0) encoding.doubtDirectory()
    else if (dumped !== 'whole') encoding.doubt(entry)
    this.#tools.keep?.endMember(entry, dumped === 'whole' && !this.#dump.isLink)
  }

  /** Good until the next call. */
  #nameOf(index: number): Uint8Array {
    if (this.#names.lengthAt(index) >= NAME_BYTES_MAX) return this.#names.nameAt(index)
    this.#name[this.#names.copyName(index, this.#name, 0)] = 0
    return this.#name
  }

  #member(handle: number, index: number): Dumped {
    const name = this.#nameOf(index)
    if (this.#tools.keep?.takeMember(handle, this.#names, index, name, this.#dump.facts) === true) {
      this.#dump.isLink = false
      return 'whole'
    }
    if (this.#names.typeAt(index) !== DIRENT_FILE) return this.#dump.special(handle, name)
    return this.#tools.settings.isEstimate ? this.#dump.estimateFile(handle, name) : this.#dump.file(handle, name)
  }
}
