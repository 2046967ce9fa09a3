// The contents list of a directory (GNU dumpdir) that stands in its member: for each name whether it is in this dump (Y), exists and is not in it (N), or is a
// directory (D). A restore that obeys it removes what is not named. Also which names of the base are gone, for the index.

import type { IndexWriter } from './index-writer.ts'
import type { MemberOutput } from './member-output.ts'
import type { MemberPath } from './member-path.ts'
import { DIRENT_DIRECTORY, type NameList } from './name-list.ts'
import { KIND_DIRECTORY, type DirectoryRecord } from './snapshot/contract.ts'
import type { PendingGroup } from './unit-messages.ts'
import { paddedBytes } from '../wire/tar/pax-writer.ts'

const OUT = 1
const UNCHANGED = 2
const LETTER_YES = 0x59
const LETTER_NO = 0x4e
const LETTER_DIRECTORY = 0x44
const END = Uint8Array.of(0)
const PIECE_BYTES = 64 * 1024
/** A letter, a name and a NUL. */
const ENTRY_BYTES_MAX = 4096

export class DirectoryList {
  readonly #names: NameList
  #marks = new Uint8Array(1024)
  #gone: number[] = []
  readonly #piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
  #bytes = 0

  constructor(names: NameList) {
    this.#names = names
  }

  /** For the names that the list of names has now. */
  begin(): void {
    const { count } = this.#names
    if (this.#marks.length < count) this.#marks = new Uint8Array(2 * count)
    else this.#marks.fill(0, 0, count)
    this.#gone = []
  }

  /** `out`: patterns or options leave it out. */
  mark(index: number, mark: 'out' | 'unchanged'): void {
    this.#marks[index] = mark === 'out' ? OUT : UNCHANGED
  }

  isOut(index: number): boolean {
    return this.#marks[index] === OUT
  }

  isUnchanged(index: number): boolean {
    return this.#marks[index] === UNCHANGED
  }

  /** An entry of the base's record that is no longer there, or as something else. */
  addGone(entry: number): void {
    this.#gone.push(entry)
  }

  /** Bytes of the list, with `tail` behind it. */
  bytes(tail: Uint8Array | undefined): number {
    const names = this.#names
    let bytes = 1 + (tail?.length ?? 0)
    for (let index = 0; index < names.count; index++) bytes += names.lengthAt(index) + 2
    this.#bytes = bytes
    return bytes
  }

  /** The list that `bytes` counted, padded to a whole block. */
  write(output: MemberOutput, tail: Uint8Array | undefined): void {
    const names = this.#names
    const piece = this.#piece
    let at = 0
    for (let index = 0; index < names.count; index++) {
      if (at + ENTRY_BYTES_MAX > PIECE_BYTES) {
        output.append(piece.subarray(0, at))
        at = 0
      }
      const mark = this.#marks[index]
      piece[at++] = mark !== 0 ? LETTER_NO : names.typeAt(index) === DIRENT_DIRECTORY ? LETTER_DIRECTORY : LETTER_YES
      at += names.copyName(index, piece, at)
      piece[at++] = 0
    }
    output.append(piece.subarray(0, at))
    if (tail !== undefined) output.append(tail)
    output.append(END)
    output.zeros(paddedBytes(this.#bytes) - this.#bytes)
  }

  /** Lines of the index for what is gone. `path` is at the directory. */
  writeGone(record: DirectoryRecord, path: MemberPath, index: IndexWriter, output: MemberOutput): void {
    for (const entry of this.#gone) {
      path.setGoneName(record.nameAt(entry), record.kindAt(entry) === KIND_DIRECTORY)
      index.whiteout(path.bytes, path.length)
      output.settle()
    }
    path.toDirectory()
  }

  /** The directories that are to be dumped, in order. */
  directories(parent: string): PendingGroup | undefined {
    const names = this.#names
    let bytes = 0
    for (let index = 0; index < names.count; index++) if (this.#isEntered(index)) bytes += names.lengthAt(index) + 1
    if (bytes === 0) return undefined
    const packed = new Uint8Array(bytes)
    let at = 0
    for (let index = 0; index < names.count; index++) if (this.#isEntered(index)) at += names.copyName(index, packed, at) + 1
    return { parent, names: packed }
  }

  #isEntered(index: number): boolean {
    return this.#names.typeAt(index) === DIRENT_DIRECTORY && this.#marks[index] === 0
  }
}
