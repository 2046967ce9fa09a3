// Carries out batches of orders below one open directory, with synchronous calls: the whole work of a thread that writes. It owns its handles, the file it is
// writing and the list of directories to finish; several of them work on one tree, each in directories of its own.

import { cName, namesIn, type AtCalls } from '../../posix/at-calls.ts'
import { errnoText } from '../../posix/errno-text.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import { DUMPDIR_DIRECTORY, DUMPDIR_ELSEWHERE, DumpdirParser, type RenameRecord } from '../../wire/tar/dumpdir.ts'
import { joinPath } from '../../wire/tar/member-place.ts'
import { AttributeSetter, type Identity } from './attribute-setter.ts'
import { BatchReader, DATA_FOLLOWS, OP, type Attributes } from './batch.ts'
import type { ExtractOptions } from './contract.ts'
import { DirectoryHandles, newStat, parentOf, type Announced, type DirectoryHandle, type EnterFailure, type Obstacle } from './directory-handles.ts'
import { EntryWriter } from './entry-writer.ts'
import { FinishList } from './finish-list.ts'
import { NameTaker, TEMPORARY_NAME, TEMPORARY_PREFIX } from './name-taker.ts'
import { Outcomes } from './outcomes.ts'
import { removeListed } from './remove-tree.ts'

/** What a thread is told once. */
export interface WriterOrder {
  /** A descriptor of the process. */
  readonly rootFd: number
  /** The target was empty. */
  readonly isRootFresh: boolean
  readonly identity: Identity
  readonly existing: ExtractOptions['existing']
  readonly hasOwners: boolean
  readonly isIncremental: boolean
  readonly isResumed: boolean
  /** Which of the threads. */
  readonly writer: number
}

/** Hard links whose target may come later. */
const LATE_LINKS_MAX = 100_000
const RENAMED_MAX = 100_000
/** Of directories that the archive does not have. */
const IMPLIED_MODE = 0o755

interface LateLink {
  readonly isAnnounced: boolean
  readonly directory: string
  readonly name: string
  readonly targetDirectory: string
  readonly targetName: string
}

export class TreeWriter {
  readonly outcomes = new Outcomes()
  readonly #calls: AtCalls
  readonly #order: WriterOrder
  readonly #handles: DirectoryHandles
  readonly #taker: NameTaker
  readonly #setter: AttributeSetter
  readonly #entries: EntryWriter
  readonly #finish: FinishList
  readonly #implied: FinishList
  readonly #attributes: Attributes = { mode: 0, uid: 0, gid: 0, seconds: 0, nanoseconds: 0, xattrs: [] }
  readonly #obstacle: Obstacle
  readonly #lateLinks: LateLink[] = []
  readonly #renamed = new Map<string, string>()
  readonly #stat = newStat()
  #directory: DirectoryHandle | EnterFailure
  #path = ''

  constructor(calls: AtCalls, order: WriterOrder) {
    const { rootFd, isRootFresh, identity, existing, hasOwners, isIncremental, isResumed, writer } = order
    this.#calls = calls
    this.#order = order
    this.#handles = new DirectoryHandles(calls, rootFd, isRootFresh, identity.gid, (path) => this.#implied.add(path, { ...this.#attributes, mode: IMPLIED_MODE, xattrs: [] }))
    this.#taker = new NameTaker(calls, { existing, isIncremental, isResumed }, this.outcomes, this.#handles, writer)
    this.#setter = new AttributeSetter(calls, identity, hasOwners, this.outcomes)
    this.#entries = new EntryWriter(calls, this.#taker, this.#setter, this.outcomes, isRootFresh, (path, actual) => {
      if (this.#renamed.size < RENAMED_MAX) this.#renamed.set(path, actual)
    })
    const temporaryName = (): Buffer => this.#taker.temporaryName()
    this.#finish = new FinishList(calls, rootFd, temporaryName)
    this.#implied = new FinishList(calls, rootFd, temporaryName)
    this.#obstacle = (parent, name, isAnnounced) => this.#taker.clearForDirectory(parent, name, isAnnounced)
    this.#directory = this.#handles.enter('', this.#obstacle, 'none')
  }

  /** Throws a Fault when the extraction cannot go on. */
  run(buffer: ArrayBuffer, usedBytes: number): void {
    const reader = new BatchReader(buffer, usedBytes)
    for (let op = reader.op(); op !== 0; op = reader.op()) {
      switch (op) {
        case OP.enter:
          this.#enter(reader.text(), reader.u32() === 1 ? 'all' : 'none')
          break
        case OP.directory:
          this.#makeDirectory(reader)
          break
        case OP.file:
          this.#file(reader)
          break
        case OP.data: {
          const position = reader.f64()
          this.#entries.data(reader.data(reader.u32()), position)
          break
        }
        case OP.endFile:
          this.#entries.endFile()
          break
        case OP.hardLink:
          this.#hardLink({ isAnnounced: reader.u32() === 1, directory: reader.text(), name: reader.text(), targetDirectory: reader.text(), targetName: reader.text() }, true)
          break
        case OP.symlink:
        case OP.node:
          this.#linkOrNode(reader, op)
          break
        default:
          throw new Fault('internal', `an order ${op} that nobody knows`)
      }
    }
  }

  /** Moves directories, as an incremental dump tells. No other thread works meanwhile; all forget their handles before. */
  rename(renames: readonly RenameRecord[]): void {
    let temporary = ''
    for (const record of renames) {
      if (record.kind === 'move') this.#renameDirectory(record.from || temporary, record.to || temporary)
      else temporary = joinPath(record.directory === '.' ? '' : record.directory, this.#taker.temporaryName().toString('latin1').slice(0, -1))
    }
    this.forget()
  }

  /** Drops all handles; paths may mean something else now. */
  forget(): void {
    this.#handles.clear()
    this.#directory = { code: 'system', reason: 'no directory was entered' }
  }

  /** All orders were given, to all threads: what waited for them is done. */
  finishLinks(): void {
    for (const link of this.#lateLinks) this.#hardLink(link, false)
    this.#lateLinks.length = 0
  }

  /** Directories that nobody announced get an ordinary mode. Before `finishDirectories` of any thread. */
  finishImplied(): void {
    this.#handles.pin(undefined)
    this.#implied.drain((path) => {
      const handle = this.#handles.enter(path, this.#obstacle, 'existing')
      if ('fd' in handle) this.#calls.chmodOf(handle.fd, IMPLIED_MODE & ~this.#order.identity.umask)
    })
  }

  finishDirectories(): void {
    this.#handles.pin(undefined)
    this.#finish.drain((path, attributes) => {
      const handle = this.#handles.enter(path, this.#obstacle, 'existing')
      if ('code' in handle) return this.outcomes.fail(path, handle.code, handle.reason)
      const owner = handle.isFresh && path !== '' ? { uid: this.#order.identity.uid, gid: handle.newGid } : this.#calls.statOf(handle.fd, this.#stat) === 0 ? this.#stat : { uid: -1, gid: -1 }
      this.#setter.setDirectory(handle.fd, path, attributes, handle, owner)
    })
  }

  /** Releases everything; a file that is not whole goes. */
  close(): void {
    this.#entries.abandon()
    this.#handles.clear()
    this.#finish.close()
    this.#implied.close()
  }

  #enter(path: string, announced: Announced): DirectoryHandle | EnterFailure {
    this.#handles.pin(undefined)
    const handle = this.#handles.enter(path, this.#obstacle, announced)
    if ('fd' in handle) {
      this.#handles.pin(handle)
      if (this.#order.isResumed && !handle.isFresh && handle !== this.#directory) this.#sweep(handle)
    }
    this.#directory = handle
    this.#path = path
    return handle
  }

  #makeDirectory(reader: BatchReader): void {
    const path = reader.text()
    const isBelowAnnounced = reader.u32() === 1
    reader.attributes(this.#attributes)
    const listBytes = reader.u32()
    const list = listBytes === DATA_FOLLOWS ? undefined : reader.data(listBytes)
    const { outcomes } = this
    const handle = this.#enter(path, isBelowAnnounced ? 'all' : 'last')
    if ('code' in handle) return outcomes.fail(path, handle.code, handle.reason)
    if (list !== undefined && this.#order.isIncremental && !handle.isFresh) this.#purge(handle, path, list)
    if (handle.isFresh || this.#order.existing === 'replace' || this.#order.isResumed) {
      this.#finish.add(path, this.#attributes)
      outcomes.restored++
    } else outcomes.skipped++
  }

  /** Removes what the list does not have, or has as something else. Other threads may be at work on names that it has: theirs stay. */
  #purge(handle: DirectoryHandle, path: string, list: Buffer): void {
    const listed = new Map<string, number>()
    const parser = new DumpdirParser((record) => {
      if (record.kind === 'entry') listed.set(record.name, record.letter)
    })
    parser.push(list)
    parser.finish()
    for (const { name, isDirectory } of this.#namesIn(handle, path)) {
      const letter = listed.get(name)
      const isMeant = letter !== undefined && (letter === DUMPDIR_ELSEWHERE || (letter === DUMPDIR_DIRECTORY) === isDirectory)
      if (isMeant || TEMPORARY_NAME.test(name)) continue
      const reason = removeListed(this.#calls, handle.fd, cName(name), isDirectory, () => this.#taker.temporaryName())
      if (isDirectory) this.#handles.clear(handle)
      if (reason !== undefined) this.outcomes.strange(joinPath(path, name), 'system', `is not in the dump but cannot be removed: ${reason}`)
    }
  }

  /** Removes what a killed extraction left. */
  #sweep(handle: DirectoryHandle): void {
    for (const { name, isDirectory } of this.#namesIn(handle, handle.path)) if (!isDirectory && name.startsWith(TEMPORARY_PREFIX)) this.#calls.unlinkAt(handle.fd, cName(name), false)
  }

  #namesIn(handle: DirectoryHandle, path: string): ReturnType<typeof namesIn> {
    try {
      return namesIn(handle.fd)
    } catch (error) {
      this.outcomes.strange(path, 'system', `Cannot list: ${errnoText(systemErrorCode(error) ?? 'EIO')}`)
      return []
    }
  }

  #file(reader: BatchReader): void {
    const name = reader.name()
    reader.attributes(this.#attributes)
    const size = reader.f64()
    const dataBytes = reader.u32()
    const data = dataBytes === DATA_FOLLOWS ? undefined : reader.data(dataBytes)
    const path = joinPath(this.#path, name.toString('latin1', 0, name.length - 1))
    const directory = this.#directory
    if ('code' in directory) return this.outcomes.fail(path, directory.code, directory.reason)
    this.#entries.beginFile(directory, name, path, this.#attributes, size, data !== undefined)
    if (data === undefined) return
    this.#entries.data(data, 0)
    this.#entries.endFile()
  }

  #linkOrNode(reader: BatchReader, op: number): void {
    const name = reader.name()
    reader.attributes(this.#attributes)
    const path = joinPath(this.#path, name.toString('latin1', 0, name.length - 1))
    const directory = this.#directory
    if (op === OP.symlink) {
      const target = reader.name()
      if ('code' in directory) return this.outcomes.fail(path, directory.code, directory.reason)
      return this.#entries.symlink(directory, name, path, this.#attributes, target)
    }
    const [kind, major, minor] = [reader.u32(), reader.u32(), reader.u32()]
    if ('code' in directory) return this.outcomes.fail(path, directory.code, directory.reason)
    this.#entries.node(directory, name, path, this.#attributes, kind, major, minor)
  }

  #hardLink(link: LateLink, mayWait: boolean): void {
    const path = joinPath(link.directory, link.name)
    const intended = joinPath(link.targetDirectory, link.targetName)
    const actual = this.#renamed.get(intended) ?? intended
    const target = this.#enter(parentOf(actual), 'existing')
    if ('code' in target) return this.outcomes.fail(path, 'link-target', `its first name ${shownPath(intended)}: ${target.reason}`)
    const directory = this.#handles.enter(link.directory, this.#obstacle, link.isAnnounced ? 'all' : 'none')
    if ('code' in directory) return this.outcomes.fail(path, directory.code, directory.reason)
    if (this.#entries.hardLink(directory, cName(link.name), path, target, cName(lastOf(actual)))) return
    if (mayWait && this.#lateLinks.length < LATE_LINKS_MAX) this.#lateLinks.push(link)
    else this.outcomes.fail(path, 'link-target', `its first name ${shownPath(intended)} was not restored`)
  }

  /** Both are clean paths below the top. */
  #renameDirectory(from: string, to: string): void {
    const problem = this.#moveDirectory(from, to)
    this.#handles.clear()
    if (problem !== undefined) this.outcomes.fail(from, 'rename', `cannot be renamed to ${shownPath(to)}: ${problem}`)
  }

  #moveDirectory(from: string, to: string): string | undefined {
    this.#handles.pin(undefined)
    const source = this.#handles.enter(parentOf(from), this.#obstacle, 'existing')
    if ('code' in source) return source.reason
    this.#handles.pin(source)
    const goal = this.#handles.enter(parentOf(to), this.#obstacle, 'none')
    if ('code' in goal) return goal.reason
    const [name, newName] = [cName(lastOf(from)), cName(lastOf(to))]
    if (this.#calls.statAt(source.fd, name, this.#stat) !== 0) return errnoText(this.#calls.failureCode())
    if ((this.#stat.mode & 0o170000) !== 0o040000) return 'it is not a directory'
    return this.#calls.renameAt(source.fd, name, goal.fd, newName, true) === 0 ? undefined : errnoText(this.#calls.failureCode())
  }
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function shownPath(path: string): string {
  return JSON.stringify(Buffer.from(path, 'latin1').toString('utf8'))
}
