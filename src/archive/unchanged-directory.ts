// A directory that is as the base has it: the same inode and times, so the same names are in it, and each of them that is no directory is the same as well. Its names
// are then taken from the base's record, without reading and sorting them, and the record itself serves the new snapshot. Whatever is not so plain is left to
// directory-dump.ts, which looks at everything anew; a record in which a name is missing has a time that equals none (see `doubtDirectory`).

import { FileFacts } from '../posix/file-facts.ts'
import { paddedBytes } from '../wire/tar/pax-writer.ts'
import { DUMPDIR_DIRECTORY, DUMPDIR_ELSEWHERE } from '../wire/tar/dumpdir.ts'
import type { DirectoryTools } from './directory-dump.ts'
import { KIND_DIRECTORY, type DirectoryRecord } from './snapshot/contract.ts'
import type { PendingGroup } from './unit-messages.ts'

const NAME_BYTES_MAX = 4096
const PIECE_BYTES = 64 * 1024

export class UnchangedDirectory {
  readonly #tools: DirectoryTools
  readonly #look = new FileFacts()
  readonly #name = Buffer.alloc(NAME_BYTES_MAX)
  readonly #piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
  /** No directory of this dump can be one. */
  readonly #isNever: boolean
  /** Of the contents list, of the last directory that was. */
  listBytes = 0
  #directoryBytes = 0

  constructor(tools: DirectoryTools) {
    this.#tools = tools
    const { settings } = tools
    this.#isNever = tools.base === undefined || tools.chosen !== undefined || settings.isCacheSkipped || settings.isNodumpHonoured
  }

  /** Whether the directory at `path`, open as `handle`, with these facts, is as `known` says. */
  is(path: string, handle: number, facts: FileFacts, known: DirectoryRecord): boolean {
    const { base, excludes } = this.#tools
    if (this.#isNever || base === undefined || !known.isUnchangedDirectory(facts) || base.movedFrom(path) !== undefined) return false
    // File systems that keep no such time tell 0, whatever happens in the directory.
    if (facts.ctimeSeconds === 0) return false
    if (path === '' && base.dumpdirTail.length > 0) return false
    // Its record would not serve; asked in estimates too, whose code is then the one that is compiled when the dump comes.
    if (known.dev !== facts.dev || !base.isInPlace(path)) return false
    const isExcluded = excludes?.inDirectory(path === '' ? '.' : path)
    this.listBytes = 1
    this.#directoryBytes = 0
    for (let index = 0; index < known.count; index++) {
      const length = known.copyNameAt(index, this.#name, 0)
      if (length < 0 || isExcluded?.(known.textAt(index)) === true) return false
      this.listBytes += length + 2
      if (known.kindAt(index) === KIND_DIRECTORY) this.#directoryBytes += length + 1
      else if (!this.#isSame(handle, known, index)) return false
    }
    return true
  }

  /** The entry whose name was copied last. */
  #isSame(handle: number, known: DirectoryRecord, index: number): boolean {
    const { calls, base } = this.#tools
    const look = this.#look
    try {
      calls.stat(handle, this.#name, look)
    } catch {
      return false
    }
    return known.isUnchanged(index, look) && (look.linkCount < 2 || base?.isLinkApart(look) !== true)
  }

  /** The contents list, padded. */
  writeList(known: DirectoryRecord): void {
    const { output } = this.#tools
    const piece = this.#piece
    let at = 0
    for (let index = 0; index < known.count; index++) {
      if (at + NAME_BYTES_MAX + 1 > PIECE_BYTES) {
        output.append(piece.subarray(0, at))
        at = 0
      }
      piece[at++] = known.kindAt(index) === KIND_DIRECTORY ? DUMPDIR_DIRECTORY : DUMPDIR_ELSEWHERE
      at += known.copyNameAt(index, piece, at) + 1
    }
    piece[at++] = 0
    output.append(piece.subarray(0, at))
    output.zeros(paddedBytes(this.listBytes) - this.listBytes)
  }

  directories(path: string, known: DirectoryRecord): PendingGroup | undefined {
    if (this.#directoryBytes === 0) return undefined
    const names = new Uint8Array(this.#directoryBytes)
    let at = 0
    for (let index = 0; index < known.count; index++) if (known.kindAt(index) === KIND_DIRECTORY) at += known.copyNameAt(index, names, at) + 1
    return { parent: path, names }
  }
}
