// Paths of a disk as people name them (strings of bytes, latin1, `/a/b` from the top) and as indexes write them (escaped, see index-line.ts).

import { escapeName, unescapeName } from '../../wire/tar/index-line.ts'

/** `path` seen from the directory `from`, without `.`, `..` and doubled slashes. What is above the top is the top, as in any root directory. */
export function resolvePath(from: string, path: string): string {
  const parts: string[] = []
  for (const part of (path.startsWith('/') ? path : `${from}/${path}`).split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** As the index writes it. */
export function indexPathOf(path: string): string {
  return escapeName(path)
}

/** The bytes of a path of the index, without a slash at its end. */
export function bytesOfIndexPath(path: string): string {
  const bytes = path.includes('\\') ? unescapeName(path).toString('latin1') : path
  return bytes.length > 1 && bytes.endsWith('/') ? bytes.slice(0, -1) : bytes
}

/** The directory that holds `path`; of the top, the top. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** `name` in the directory `parent`. */
export function joinPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}

/** The directories above `path` from the first below the top down, without `path`. */
export function directoriesAbove(path: string): string[] {
  const above: string[] = []
  for (let parent = parentPath(path); parent !== '/'; parent = parentPath(parent)) above.unshift(parent)
  return above
}

/** Without those that lie below others, and each once. */
export function outermost(paths: readonly string[]): string[] {
  const all = new Set(paths)
  if (all.has('/')) return ['/']
  return [...all].filter((path) => !directoriesAbove(path).some((above) => all.has(above)))
}

/** Bytes of text that a person typed or another program gave. */
export function bytesOfText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** The readings of a path from a command line: as it is, and, as listings escape what is no text, unescaped. */
export function readingsOf(text: string): string[] {
  const plain = bytesOfText(text)
  const unescaped = plain.includes('\\') ? unescapeName(plain).toString('latin1') : plain
  return unescaped === plain ? [plain] : [plain, unescaped]
}
