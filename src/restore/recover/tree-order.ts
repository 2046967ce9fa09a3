// The order of a walk over a tree (see tree-at.ts): that of the bytes of the index's lines, where a directory has a slash at its end.

export interface Ordered {
  /** Of the index: escaped, without a slash at the end. */
  readonly path: string
  readonly kind: string
}

/** Negative when `a` is walked before `b`. A directory and something else of one name are two places. */
export function compareInWalk(a: Ordered, b: Ordered): number {
  const [left, right] = [lineOf(a), lineOf(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

function lineOf({ path, kind }: Ordered): string {
  return kind === 'directory' && path !== '/' ? `${path}/` : path
}
