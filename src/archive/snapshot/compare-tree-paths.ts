// The order of a dump and of a snapshot: a directory, then all that is below it, before what comes next beside it. It is the order of the paths' bytes with
// the slash as the lowest of them. The top, `.`, is first.

const SLASH = 0x2f

/** Of two paths as bytes, the top being empty. */
export function compareTreeBytes(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): number {
  const length = Math.min(aEnd - aStart, bEnd - bStart)
  for (let index = 0; index < length; index++) {
    const left = a[aStart + index] ?? 0
    const right = b[bStart + index] ?? 0
    if (left !== right) return left === SLASH ? -1 : right === SLASH ? 1 : left - right
  }
  return aEnd - aStart - (bEnd - bStart)
}

/** Of two latin1 paths. */
export function compareTreePaths(a: string, b: string): number {
  if (a === '.' || b === '.') return a === b ? 0 : a === '.' ? -1 : 1
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return left === SLASH ? -1 : right === SLASH ? 1 : left - right
  }
  return a.length - b.length
}
