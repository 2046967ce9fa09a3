// What a tree holds, in few bytes: so that hundreds of dates can be compared with their restores without a copy of each.

import { hash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'

/** One hash over names, kinds, modes, times and contents of all that is below `root`. Times of directories are left out: whoever looks at a tree may have put one there. */
export function sumOfTree(root: string): string {
  const lines: string[] = []
  const waiting = ['']
  for (let dir = waiting.pop(); dir !== undefined; dir = waiting.pop()) {
    for (const name of readdirSync(path.join(root, dir))) {
      const inner = path.join(dir, name)
      const full = path.join(root, inner)
      const stat = lstatSync(full)
      if (stat.isDirectory()) waiting.push(inner)
      const content = stat.isFile() ? `${stat.mtimeMs} ${hash('sha256', readFileSync(full))}` : stat.isSymbolicLink() ? readlinkSync(full) : ''
      lines.push(`${inner}\0${stat.mode}\0${content}`)
    }
  }
  return hash('sha256', lines.toSorted().join('\n'))
}
