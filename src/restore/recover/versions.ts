// Every version of one path over all dumps of its disk, oldest first: each dump that holds it, and each at which it was gone.

import type { DumpRecord } from '../../catalog/contract.ts'
import type { TreeAt, TreeEntry } from '../tree-at.ts'
import { planRestore } from '../plan.ts'
import { withLinkSize } from './link-size.ts'
import { changedFields } from './diff-trees.ts'

export interface Version {
  /** At whose date it was so. */
  readonly dump: DumpRecord
  /** Undefined: it was not there any more. */
  readonly entry: TreeEntry | undefined
  /** It is not as in the version before: not only dumped again. */
  readonly isChanged: boolean
}

/** Dates of a disk that can be restored, oldest first: the chain of each. */
export function restorableChains(dumps: readonly DumpRecord[], host: string, disk: string): (readonly DumpRecord[])[] {
  const runs = [...new Set(dumps.filter((dump) => dump.host === host && dump.disk === disk && dump.status === 'complete').map((dump) => dump.run))].toSorted()
  const chains: (readonly DumpRecord[])[] = []
  for (const run of runs) {
    try {
      const chain = planRestore(dumps, { host, disk, notAfter: run })
      if (chain.at(-1)?.run === run) chains.push(chain)
    } catch {
      // A base of it is gone: nothing of that date can be had.
    }
  }
  return chains
}

/** `open` opens the tree of a chain; it is closed here. */
export async function* versionsOf(chains: readonly (readonly DumpRecord[])[], path: string, open: (chain: readonly DumpRecord[]) => Promise<TreeAt>): AsyncGenerator<Version> {
  let last: TreeEntry | undefined
  for (const chain of chains) {
    const dump = chain.at(-1)
    if (dump === undefined) continue
    await using tree = await open(chain)
    const found = await tree.stat(path)
    const entry = found === undefined ? undefined : await withLinkSize(tree, found)
    if (entry === undefined) {
      if (last !== undefined) yield { dump, entry, isChanged: true }
    } else if (entry.dump.id !== last?.dump.id || entry.path !== last.path) {
      yield { dump, entry, isChanged: last === undefined || changedFields(last, entry).length > 0 }
    }
    last = entry
  }
}
