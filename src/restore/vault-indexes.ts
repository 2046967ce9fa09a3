// The index of a dump in a vault is made when somebody looks into the dump for the first time, and kept. It has its name only when it is whole; two programs that make
// the same one at a time both make it, and either is good. Who may not write where indexes lie keeps them in a place of his own.

import type { DumpRecord } from '../catalog/contract.ts'
import { indexPath } from '../catalog/index-file/index-format.ts'
import { parentOf } from '../kernel/disk.ts'
import { systemErrorCode } from '../kernel/fault.ts'
import type { Random } from '../kernel/random.ts'
import { Turns } from '../kernel/turns.ts'
import type { IndexPlace, MissingIndexes } from './browse.ts'
import { writeIndexOfVaulted, type IndexTools } from './index-from-dump.ts'

export interface VaultIndexTools extends Omit<IndexTools, 'onBytes' | 'index'> {
  readonly random: Random
  readonly index: Pick<IndexPlace, 'disk' | 'directory'>
  /** For whoever may not write the usual place. */
  readonly ownDirectory?: string
  readonly onProgress: (dump: DumpRecord, bytes: number) => void
  /** An index was made, or could not be. */
  readonly onEnd?: () => void
}

const NOT_PERMITTED: readonly (string | undefined)[] = ['EACCES', 'EPERM', 'EROFS']

export class VaultIndexes implements MissingIndexes {
  readonly #tools: VaultIndexTools
  readonly #turns = new Turns()

  constructor(tools: VaultIndexTools) {
    this.#tools = tools
  }

  /** The place with indexes that are made when they are missing. */
  get place(): IndexPlace {
    const { disk, directory } = this.#tools.index
    return { disk, directory, missing: this }
  }

  make(dump: DumpRecord): Promise<string | undefined> {
    return this.#turns.take(() => this.#make(dump))
  }

  async #make(dump: DumpRecord): Promise<string | undefined> {
    const { index, ownDirectory } = this.#tools
    if (dump.manifest === undefined || dump.status !== 'complete') return undefined
    // Made while this one waited for its turn, or by an earlier command.
    const paths = [index.directory, ...(ownDirectory === undefined ? [] : [ownDirectory])].map((directory) => indexPath(directory, dump))
    for (const path of paths) if ((await index.disk.stat(path).catch(() => undefined)) !== undefined) return path
    for (const [at, path] of paths.entries()) {
      try {
        return await this.#write(dump, dump.manifest, path)
      } catch (error) {
        if (!NOT_PERMITTED.includes(systemErrorCode(error)) || at === paths.length - 1) throw error
      } finally {
        this.#tools.onEnd?.()
      }
    }
    return undefined
  }

  async #write(dump: DumpRecord, manifest: string, path: string): Promise<string | undefined> {
    const { stores, processes, random, index, onProgress } = this.#tools
    const { disk } = index
    const temporary = `${path}.made-${Buffer.from(random.bytes(6)).toString('hex')}`
    const onBytes = (bytes: number): void => onProgress(dump, bytes)
    // The dumps below it are known to have theirs: whoever looks at a chain begins with the full.
    const isMade = await writeIndexOfVaulted({ stores, processes, index: { disk, directory: index.directory }, onBytes }, dump, manifest, temporary)
    if (!isMade) return undefined
    await disk.rename(temporary, path)
    await disk.syncDir(parentOf(path))
    return path
  }
}
