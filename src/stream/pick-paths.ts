// Moves single paths out of a restored tree into a new one. Nothing is followed: a path below a symlink is missing.

import { parentOf, type Disk } from '../kernel/disk.ts'
import { Fault } from '../kernel/fault.ts'

/** `/a/b` for any spelling of it. Throws `restore-target` for a path that leaves the disk. */
export function normalisePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw new Fault('restore-target', `${path} leaves the disk`)
  return `/${parts.join('/')}`
}

/** Moves each of `paths` (`/a/b`) from `tree` to the same place below `picked`, which it makes. Returns the paths that are not there. */
export async function pickPaths(disk: Disk, tree: string, picked: string, paths: readonly string[]): Promise<string[]> {
  await disk.makeDir(picked, 0o755)
  const missing: string[] = []
  for (const path of withoutNested(paths)) {
    if (!(await isBelowDirectories(disk, tree, path))) {
      missing.push(path)
      continue
    }
    await disk.makeDir(parentOf(`${picked}${path}`), 0o755)
    await disk.rename(`${tree}${path}`, `${picked}${path}`)
  }
  return missing
}

/** `/a` takes `/a/b` with it. */
function withoutNested(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)]
  return unique.filter((path) => !unique.some((other) => path !== other && path.startsWith(`${other}/`)))
}

async function isBelowDirectories(disk: Disk, tree: string, path: string): Promise<boolean> {
  const parts = path.slice(1).split('/')
  for (let count = 1; count < parts.length; count++) {
    if ((await disk.stat(`${tree}/${parts.slice(0, count).join('/')}`))?.kind !== 'directory') return false
  }
  return (await disk.stat(`${tree}${path}`)) !== undefined
}
