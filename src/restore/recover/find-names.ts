// Names of a tree at a date: those that a glob means, and those of a walk that pass tests of name, time, size and kind.

import type { TreeAt, TreeEntry } from '../tree-at.ts'
import { pathGlobParts, wishGlob, type PathGlobPart } from './glob.ts'
import { bytesOfIndexPath, indexPathOf, joinPath, lastName } from './tree-path.ts'

export interface FindTests {
  /** A glob, see `wishGlob`. */
  readonly name?: string
  /** Nanoseconds since 1970: modified after, and before. */
  readonly newerThanNs?: bigint
  readonly olderThanNs?: bigint
  /** More than, fewer than, exactly. Only files have a size. */
  readonly size?: { readonly than: 'more' | 'less' | 'same'; readonly bytes: number }
  readonly kind?: TreeEntry['kind']
}

/** What passes all `tests` at and below `directory` (a path of bytes), in the order of a walk. An entry of which only the name is known passes no test of time or size. */
export async function* findInTree(tree: TreeAt, directory: string, tests: FindTests): AsyncGenerator<TreeEntry> {
  const { name, newerThanNs, olderThanNs, size, kind } = tests
  const isNamed = name === undefined ? (): boolean => true : wishGlob(name)
  for await (const entry of tree.walk(indexPathOf(directory))) {
    const { attributes } = entry
    if (kind !== undefined && entry.kind !== kind) continue
    if (newerThanNs !== undefined && (attributes === undefined || attributes.mtimeNs <= newerThanNs)) continue
    if (olderThanNs !== undefined && (attributes === undefined || attributes.mtimeNs >= olderThanNs)) continue
    if (size !== undefined && (attributes === undefined || entry.kind !== 'file' || !isSize(attributes.size, size))) continue
    if (isNamed(bytesOfIndexPath(entry.path))) yield entry
  }
}

function isSize(bytes: number, size: NonNullable<FindTests['size']>): boolean {
  return size.than === 'more' ? bytes > size.bytes : size.than === 'less' ? bytes < size.bytes : bytes === size.bytes
}

/** What the glob `pattern`, a path from the top, means. Only directories that can hold some of it are listed. */
export async function* expandGlob(tree: TreeAt, pattern: string): AsyncGenerator<TreeEntry> {
  const top = await tree.stat('/')
  if (top !== undefined) yield* expandBelow(tree, top, pathGlobParts(pattern))
}

async function* expandBelow(tree: TreeAt, at: TreeEntry, parts: readonly PathGlobPart[]): AsyncGenerator<TreeEntry> {
  const [part, ...rest] = parts
  if (part === undefined) {
    yield at
    return
  }
  if (at.kind !== 'directory') return
  if (part.kind === 'literal') {
    const found = await tree.stat(indexPathOf(joinPath(bytesOfIndexPath(at.path), part.name)))
    if (found !== undefined) yield* expandBelow(tree, found, rest)
    return
  }
  if (part.kind === 'directories') yield* expandBelow(tree, at, rest)
  for await (const child of tree.list(at.path)) {
    // `**` at the end means all that is below, not only directories.
    if (part.kind === 'names' ? part.matches(lastName(bytesOfIndexPath(child.path))) : child.kind === 'directory' || rest.length === 0) {
      yield* expandBelow(tree, child, part.kind === 'names' || child.kind !== 'directory' ? rest : parts)
    }
  }
}
