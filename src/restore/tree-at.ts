// What a disk looked like at a date: the indexes of a restore's chain (see plan.ts) laid over each other.

import type { DumpRecord } from '../catalog/contract.ts'
import type { IndexAttributes } from '../wire/tar/index-entry.ts'
import type { IndexPlace } from './browse.ts'

export type TreeKind = 'file' | 'directory' | 'symlink' | 'hard-link' | 'character-device' | 'block-device' | 'fifo'

export interface TreeEntry {
  /** Escaped as in the index, begins with `/`, without a slash at the end; the top is `/`. */
  readonly path: string
  /** Where only names are known, `directory` or `file`. */
  readonly kind: TreeKind
  /** The dump of the chain that holds it: for a directory, the newest that has it. */
  readonly dump: DumpRecord
  /** Undefined where the dump's index has names only, and for a directory that is known only from what lies in it. */
  readonly attributes: IndexAttributes | undefined
}

export interface TreeAt extends AsyncDisposable {
  /** Dumps of the chain without an index: what only they hold is not seen. */
  readonly withoutIndex: readonly DumpRecord[]
  /** What lies directly in `directory`, in order of the names' bytes. Nothing when there is no such directory. */
  list(directory: string): AsyncGenerator<TreeEntry>
  stat(path: string): Promise<TreeEntry | undefined>
  /** `directory` itself and all below it, in the order of a dump: a directory, what is no directory in it, then each directory as a whole. */
  walk(directory: string): AsyncGenerator<TreeEntry>
}

/** Opens the indexes of `chain`, full first. Rejects with `index-damaged`. */
export declare function openTreeAt(place: IndexPlace, chain: readonly DumpRecord[]): Promise<TreeAt>
