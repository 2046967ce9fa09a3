// The size of a hard link is that of the name which has its data; the archive says nothing of it at the link.

import type { TreeAt, TreeEntry } from '../tree-at.ts'

/** `entry`, a hard link with the size of its file where the tree has that. */
export async function withLinkSize(tree: TreeAt, entry: TreeEntry): Promise<TreeEntry> {
  const { attributes } = entry
  if (entry.kind !== 'hard-link' || attributes?.target === undefined || attributes.size !== 0) return entry
  const first = await tree.stat(attributes.target)
  if (first?.kind !== 'file' || first.attributes === undefined || first.dump.id !== entry.dump.id) return entry
  return { ...entry, attributes: { ...attributes, size: first.attributes.size } }
}
