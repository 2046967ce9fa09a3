// Where the package is: the nearest directory above that has a package.json. Right in a checkout (src/) and when compiled (dist/src/).

import { existsSync } from 'node:fs'
import path from 'node:path'

export function packageRoot(from: string): string {
  let dir = from
  while (!existsSync(path.join(dir, 'package.json'))) {
    const parent = path.dirname(dir)
    if (parent === dir) return from
    dir = parent
  }
  return dir
}
