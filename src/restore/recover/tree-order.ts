// The order of a walk over a tree (see tree-at.ts): a directory, what is no directory in it by its bytes, then each directory by its bytes as a whole.

import { bytesOfIndexPath } from './tree-path.ts'

export interface Ordered {
  /** Of the index: escaped. */
  readonly path: string
  readonly kind: string
}

/** Negative when `a` is walked before `b`. A directory and something else of one name are two places. */
export function compareInWalk(a: Ordered, b: Ordered): number {
  const isDirectory = (entry: Ordered): boolean => entry.kind === 'directory'
  if (a.path === b.path) return Number(isDirectory(a)) - Number(isDirectory(b))
  const left = partsOf(a.path)
  const right = partsOf(b.path)
  const count = Math.min(left.length, right.length)
  for (let at = 0; at < count; at++) {
    const isLeftDirectory = at + 1 < left.length || isDirectory(a)
    const isRightDirectory = at + 1 < right.length || isDirectory(b)
    if (isLeftDirectory !== isRightDirectory) return isLeftDirectory ? 1 : -1
    const order = compareBytes(left[at] ?? '', right[at] ?? '')
    if (order !== 0) return order
  }
  return left.length - right.length
}

function partsOf(path: string): string[] {
  return path === '/' ? [] : bytesOfIndexPath(path).slice(1).split('/')
}

function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
