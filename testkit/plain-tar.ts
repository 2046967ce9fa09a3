// GNU tar without the rights of root, whoever runs the tests: it may set no owners and make no devices.

import { writeFileSync } from 'node:fs'
import path from 'node:path'

/** Writes a program into `dir` that is such a tar; returns its path. */
export function plainTar(dir: string): string {
  const program = path.join(dir, 'plain-tar')
  const words = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all', 'tar'] : ['tar']
  writeFileSync(program, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 })
  return program
}
