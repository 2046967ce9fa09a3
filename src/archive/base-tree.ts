// What a level above 0 builds on: the directories of the base as its snapshot has them, seen from where they lie now.

import type { DirectoryRecord, RenamePlan, SnapshotSource } from './snapshot/contract.ts'

export class BaseTree {
  readonly #source: SnapshotSource
  readonly #plan: RenamePlan
  /** Renames, as the contents list of the top begins with them. */
  readonly dumpdirHead: Uint8Array

  constructor(source: SnapshotSource, plan: RenamePlan, dumpdirHead: Uint8Array) {
    this.#source = source
    this.#plan = plan
    this.dumpdirHead = dumpdirHead
  }

  /** The base's record of the directory that is at `path` now; undefined when the base had none there. */
  directory(path: string): DirectoryRecord | undefined {
    const basePath = this.#plan.basePathOf(path === '' ? '.' : path)
    return basePath === undefined ? undefined : this.#source.directory(basePath)
  }

  /** Where it was, if it was moved itself. */
  movedFrom(path: string): string | undefined {
    return path === '' ? undefined : this.#plan.movedFrom(path)
  }

  close(): void {
    this.#source.close()
  }
}
