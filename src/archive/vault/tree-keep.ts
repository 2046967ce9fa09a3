// Takes members over from the last dump into the vault: a file that has the same inode, size and times costs a look at it and a copy of the operations that give its
// member, a directory whose names are the same as well costs one copy for all of it. Beside that it keeps the operations of this dump for the next. Never
// taken over is what was in doubt then (snapshot/directory-encoder.ts), and the name of a file that was only a link to another name.

import { FileFacts } from '../../posix/file-facts.ts'
import type { MemberKeep } from '../member-keep.ts'
import type { MemberPath } from '../member-path.ts'
import type { NameList } from '../name-list.ts'
import type { PatternSet } from '../patterns/pattern-set.ts'
import type { ArchiveSettings } from '../settings.ts'
import { KIND_DIRECTORY, type DirectoryRecord } from '../snapshot/contract.ts'
import type { TreeCalls } from '../../posix/tree-calls.ts'
import type { PendingGroup } from '../unit-messages.ts'
import { KeepWriter } from './keep-writer.ts'
import type { KeptReader } from './kept-file.ts'
import { KeptPlaces } from './kept-record.ts'
import type { RecipeOutput } from './recipe-output.ts'

const NAME_BYTES_MAX = 4096
/** Operations of a file that changed, if its segments are to be known: some fifty gigabytes. */
const NOTED_BYTES_MAX = 8 * 1024 * 1024
/** Operations of a linked file that lie together in one block. */
const LINKED_BYTES_MAX = 256 * 1024

export interface KeepParts {
  readonly calls: TreeCalls
  readonly settings: ArchiveSettings
  readonly output: RecipeOutput
  readonly path: MemberPath
  /** What the last dump left; undefined: nothing is taken over. */
  readonly kept: KeptReader | undefined
  readonly excludes: PatternSet | undefined
  /** Content of a file was taken over. */
  addUnchanged(bytes: number): void
  /** Operations of a file that is another now: their segments are known. */
  noteSegments(operations: Uint8Array): void
}

export class TreeKeep implements MemberKeep {
  readonly #parts: KeepParts
  readonly #writer: KeepWriter
  readonly #look = new FileFacts()
  readonly #name = Buffer.alloc(NAME_BYTES_MAX)
  readonly #isWholeNever: boolean
  #record: DirectoryRecord | undefined
  #places: KeptPlaces | undefined

  constructor(parts: KeepParts) {
    this.#parts = parts
    const { settings, output } = parts
    this.#isWholeNever = settings.includes !== undefined || settings.isCacheSkipped || settings.isNodumpHonoured
    this.#writer = new KeepWriter((record) => output.addRecord(record))
  }

  takeDirectory(path: string, handle: number, facts: FileFacts): { readonly inside: PendingGroup | undefined; readonly entryCount: number } | undefined {
    const { kept, output } = this.#parts
    output.commit()
    this.#writer.begin()
    output.onOperations = (operations) => this.#writer.write(operations)
    const record = kept?.directories.directory(path === '' ? '.' : path)
    this.#record = record?.hasInodeOf(facts) === true ? record : undefined
    this.#places = this.#record === undefined ? undefined : KeptPlaces.of(this.#record.tail, this.#record.count)
    if (this.#record === undefined || this.#places === undefined) return undefined
    const found = this.#whole(path, handle, facts, this.#record, this.#places)
    if (found === undefined) return undefined
    this.#copy(this.#places.start, this.#places.bytes)
    this.#writer.finishWhole(this.#record.bytes)
    output.onOperations = undefined
    this.#parts.addUnchanged(found.contentBytes)
    return { inside: this.#directories(path, this.#record, found.directoryBytes), entryCount: this.#record.count }
  }

  endDirectoryMember(): void {
    this.#parts.output.commit()
    this.#writer.endOwn()
  }

  takeMember(handle: number, names: NameList, index: number, name: Uint8Array, facts: FileFacts): boolean {
    const record = this.#record
    const places = this.#places
    if (record === undefined || places === undefined) return false
    const start = names.startAt(index)
    const found = record.find(names.bytes, start, start + names.lengthAt(index))
    if (found < 0) return false
    try {
      this.#parts.calls.stat(handle, name, facts)
    } catch {
      return false
    }
    const bytes = places.bytesAt(found)
    const isLinked = facts.linkCount > 1
    if (!record.isUnchanged(found, facts) || facts.isDirectory || !places.isUsableAt(found) || (isLinked && bytes > LINKED_BYTES_MAX)) {
      if (facts.isFile && bytes <= NOTED_BYTES_MAX) this.#parts.noteSegments(this.#gather(places.placeAt(found), bytes))
      return false
    }
    // A file system that keeps no such time tells 0, whatever happens to the file.
    if (facts.ctimeSeconds === 0 || (this.#parts.settings.isOneFileSystem && facts.isMountRoot)) return false
    if (isLinked) this.#copyLinked(places.placeAt(found), bytes, facts)
    else this.#copy(places.placeAt(found), bytes)
    if (facts.isFile) this.#parts.addUnchanged(facts.size)
    return true
  }

  endMember(entry: number, isUsable: boolean): void {
    this.#parts.output.commit()
    this.#writer.endEntry(entry, isUsable)
  }

  endDirectory(record: Uint8Array): void {
    this.#parts.output.commit()
    const words = new Int32Array(record.buffer, record.byteOffset, 2)
    this.#writer.finish(record, words[1] ?? 0)
    this.#parts.output.onOperations = undefined
  }

  #copy(start: number, bytes: number): void {
    const { kept, output } = this.#parts
    kept?.read(start, bytes, (piece) => output.copy(piece))
  }

  #gather(start: number, bytes: number): Uint8Array {
    const operations = Buffer.allocUnsafe(bytes)
    let at = 0
    this.#parts.kept?.read(start, bytes, (piece) => {
      operations.set(piece, at)
      at += piece.length
    })
    return operations
  }

  /** Of a file with several names, of which another may be in the archive already. */
  #copyLinked(start: number, bytes: number, facts: FileFacts): void {
    const { output, path } = this.#parts
    const position = output.copyTogether(this.#gather(start, bytes))
    output.addLinked({ key: `${facts.dev}:${facts.inode}`, linkCount: facts.linkCount, path: path.text(), start: position, end: output.position, indexStart: 0, indexEnd: 0, mode: facts.mode, uid: facts.uid, gid: facts.gid, mtimeSeconds: facts.mtimeSeconds, mtimeRest: facts.mtimeRest })
  }

  /** Whether all that is in the directory and is no directory is as `record` has it. */
  #whole(path: string, handle: number, facts: FileFacts, record: DirectoryRecord, places: KeptPlaces): { readonly directoryBytes: number; readonly contentBytes: number } | undefined {
    const { excludes, calls } = this.#parts
    if (this.#isWholeNever || facts.ctimeSeconds === 0 || !record.isUnchangedDirectory(facts)) return undefined
    const isExcluded = excludes?.inDirectory(path === '' ? '.' : path)
    const look = this.#look
    let directoryBytes = 0
    let contentBytes = 0
    for (let index = 0; index < record.count; index++) {
      const length = record.copyNameAt(index, this.#name, 0)
      if (length < 0 || isExcluded?.(record.textAt(index)) === true) return undefined
      if (record.kindAt(index) === KIND_DIRECTORY) {
        directoryBytes += length + 1
        continue
      }
      try {
        calls.stat(handle, this.#name, look)
      } catch {
        return undefined
      }
      if (look.linkCount > 1 || !places.isUsableAt(index) || !record.isUnchanged(index, look) || look.isMountRoot) return undefined
      if (look.isFile) contentBytes += look.size
    }
    return { directoryBytes, contentBytes }
  }

  #directories(path: string, record: DirectoryRecord, bytes: number): PendingGroup | undefined {
    if (bytes === 0) return undefined
    const names = new Uint8Array(bytes)
    let at = 0
    for (let index = 0; index < record.count; index++) if (record.kindAt(index) === KIND_DIRECTORY) at += record.copyNameAt(index, names, at) + 1
    return { parent: path, names }
  }
}
