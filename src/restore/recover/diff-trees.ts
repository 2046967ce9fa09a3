// What changed between two dates: two walks in the same order, read side by side, so that the memory is that of one entry of each.

import type { TreeAt, TreeEntry } from '../tree-at.ts'
import { compareInWalk } from './tree-order.ts'

export type ChangedField = 'kind' | 'size' | 'mtime' | 'mode' | 'owner' | 'target' | 'content'

export type TreeChange =
  | { readonly kind: 'added'; readonly path: string; readonly after: TreeEntry }
  | { readonly kind: 'removed'; readonly path: string; readonly before: TreeEntry }
  | { readonly kind: 'changed'; readonly path: string; readonly before: TreeEntry; readonly after: TreeEntry; readonly fields: readonly ChangedField[] }

/** Changes at and below `directory` (a path of the index) from `before` to `after`, in the order of a walk. */
export async function* diffTrees(before: TreeAt, after: TreeAt, directory: string): AsyncGenerator<TreeChange> {
  const olds = before.walk(directory)
  const news = after.walk(directory)
  try {
    let old = await next(olds)
    let now = await next(news)
    while (old !== undefined || now !== undefined) {
      const order = old === undefined ? 1 : now === undefined ? -1 : compareInWalk(old, now)
      if (order < 0 && old !== undefined) {
        yield { kind: 'removed', path: old.path, before: old }
        old = await next(olds)
      } else if (order > 0 && now !== undefined) {
        yield { kind: 'added', path: now.path, after: now }
        now = await next(news)
      } else if (old !== undefined && now !== undefined) {
        const fields = changedFields(old, now)
        if (fields.length > 0) yield { kind: 'changed', path: now.path, before: old, after: now, fields }
        old = await next(olds)
        now = await next(news)
      }
    }
  } finally {
    await olds.return(undefined)
    await news.return(undefined)
  }
}

async function next(entries: AsyncGenerator<TreeEntry>): Promise<TreeEntry | undefined> {
  const { done, value } = await entries.next()
  return done === true ? undefined : value
}

/**
 * What differs between two entries of one path; nothing: they are the same. Where an index has names only, another dump is all that can be told, and counts as `content`.
 * The time of a directory changes with the names in it, which are told themselves.
 */
export function changedFields(before: TreeEntry, after: TreeEntry): ChangedField[] {
  if (before.dump.id === after.dump.id && before.path === after.path && before.kind === after.kind) return []
  const fields: ChangedField[] = []
  if (isLinked(before) ? !isLinked(after) : before.kind !== after.kind) fields.push('kind')
  const [a, b] = [before.attributes, after.attributes]
  if (a === undefined || b === undefined) {
    if (fields.length === 0 && before.kind !== 'directory') fields.push('content')
    return fields
  }
  // Of the names of one file any may be the first, which has the data: what a link says of itself is its place in the archive only.
  const isSameKind = before.kind === after.kind && before.kind !== 'hard-link'
  if (isSameKind && before.kind === 'file' && a.size !== b.size) fields.push('size')
  if (before.kind !== 'directory' && a.mtimeNs !== b.mtimeNs) fields.push('mtime')
  if (a.mode !== b.mode) fields.push('mode')
  if (a.uid !== b.uid || a.gid !== b.gid) fields.push('owner')
  if (before.kind === 'symlink' && after.kind === 'symlink' && a.target !== b.target) fields.push('target')
  return fields
}

/** A file, under whatever name the archive has its data. */
function isLinked(entry: TreeEntry): boolean {
  return entry.kind === 'file' || entry.kind === 'hard-link'
}
