// A tree at a date in memory, for tests of what works on trees.

import { dumpId, runId } from '../src/catalog/ids.ts'
import type { DumpRecord } from '../src/catalog/contract.ts'
import type { TreeAt, TreeEntry, TreeKind } from '../src/restore/tree-at.ts'
import type { IndexAttributes } from '../src/wire/tar/index-entry.ts'

export function dumpOf(level: number, run = `2026112${level}000000`): DumpRecord {
  const id = { run: runId(run), host: 'laptop', disk: '/home', level }
  return { id: dumpId(id.run, id.host, id.disk, id.level), ...id, status: 'complete', startedMs: 0, nativeBytes: 0, storedBytes: 0, attempts: 1 }
}

export interface EntryWords {
  readonly dump?: DumpRecord
  readonly kind?: TreeKind
  readonly memberPath?: string
  /** `none`: only the name is known. */
  readonly attributes?: Partial<IndexAttributes> | 'none'
}

const TYPES: Readonly<Record<TreeKind, IndexAttributes['type']>> = { file: 'f', directory: 'd', symlink: 'l', 'hard-link': 'h', 'character-device': 'c', 'block-device': 'b', fifo: 'p' }

export function entryOf(path: string, { dump = dumpOf(0), kind = 'file', memberPath = path, attributes = {} }: EntryWords = {}): TreeEntry {
  const known: IndexAttributes | undefined = attributes === 'none' ? undefined : { type: TYPES[kind], offset: 0, spanBytes: 1024, size: 0, mtimeNs: 0n, mode: 0o644, uid: 0, gid: 0, userName: '', groupName: '', ...attributes }
  return { path, kind, dump, memberPath, attributes: known }
}

function lineOf({ path, kind }: TreeEntry): string {
  return kind === 'directory' && path !== '/' ? `${path}/` : path
}

/** `entries` with the directories above them. */
export function memoryTree(entries: readonly TreeEntry[], withoutIndex: readonly DumpRecord[] = []): TreeAt {
  const all = new Map<string, TreeEntry>([['/', entryOf('/', { kind: 'directory' })]])
  for (const entry of entries) {
    for (let above = entry.path.slice(0, entry.path.lastIndexOf('/')); above !== ''; above = above.slice(0, above.lastIndexOf('/'))) if (!all.has(above)) all.set(above, entryOf(above, { kind: 'directory', attributes: 'none' }))
    all.set(entry.path, entry)
  }
  const sorted = [...all.values()].toSorted((a, b) => (lineOf(a) < lineOf(b) ? -1 : 1))
  const isBelow = (path: string, directory: string): boolean => path !== '/' && (directory === '/' || path.startsWith(`${directory}/`))
  return {
    withoutIndex,
    async *list(directory) {
      for (const entry of sorted) if (isBelow(entry.path, directory) && !entry.path.slice(directory === '/' ? 1 : directory.length + 1).includes('/')) yield entry
    },
    stat: (path) => Promise.resolve(all.get(path)),
    async *walk(directory) {
      for (const entry of sorted) if (entry.path === directory || isBelow(entry.path, directory)) yield entry
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
