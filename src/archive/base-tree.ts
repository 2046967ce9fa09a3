// What a level above 0 builds on: the directories of the base as its snapshot has them, seen from where they lie now.

import { DumpdirWriter } from '../wire/tar/dumpdir.ts'
import type { DirectoryRecord, FactWords, RenamePlan, SnapshotSource } from './snapshot/contract.ts'

export class BaseTree {
  readonly #source: SnapshotSource
  readonly #plan: RenamePlan
  /** Mostly nothing was renamed. */
  readonly #hasMoves: boolean
  /** Renames, as they stand in the contents list of the top, behind the names. */
  readonly dumpdirTail: Uint8Array

  constructor(source: SnapshotSource, plan: RenamePlan) {
    this.#source = source
    this.#plan = plan
    this.#hasMoves = plan.records.length > 0
    const writer = new DumpdirWriter()
    writer.begin()
    writer.addRenames(plan.records)
    // Without the NUL that ends a list.
    this.dumpdirTail = Uint8Array.from(writer.finish().subarray(0, -1))
  }

  /** The base's record of the directory that is at `path` now; undefined when the base had none there. */
  directory(path: string): DirectoryRecord | undefined {
    const ownPath = path === '' ? '.' : path
    const basePath = this.#hasMoves ? this.#plan.basePathOf(ownPath) : ownPath
    return basePath === undefined ? undefined : this.#source.directory(basePath)
  }

  /** Whether the base had the directory at `path` there already. */
  isInPlace(path: string): boolean {
    const ownPath = path === '' ? '.' : path
    return !this.#hasMoves || this.#plan.basePathOf(ownPath) === ownPath
  }

  /** Where it was, if it was moved itself. */
  movedFrom(path: string): string | undefined {
    return path === '' || !this.#hasMoves ? undefined : this.#plan.movedFrom(path)
  }

  /** Whether an unchanged file with several names must be dumped, since another name of it is. */
  isLinkApart(facts: FactWords): boolean {
    return this.#plan.isLinkApart(facts)
  }

  close(): void {
    this.#source.close()
  }
}
