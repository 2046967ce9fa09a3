// The plain bytes of a dump as they lie on volumes in a directory: what `dd` would give a person who has nothing of ours. Only for dumps without filters.

import { closeSync, globSync, openSync, readSync } from 'node:fs'
import path from 'node:path'

const HEADER_BYTES = 32_768
/** Run, disk (a plain name) and part of a volume's file. */
const HEADER = /^AMANDA: SPLIT_FILE (\d{14}) \S+ (\S+) {2}part (\d+)\//

interface Part {
  readonly file: string
  readonly number: number
}

function headerOf(file: string): string {
  const fd = openSync(file, 'r')
  try {
    const block = Buffer.alloc(HEADER_BYTES)
    readSync(fd, block, 0, HEADER_BYTES, 0)
    return block.toString('latin1', 0, block.indexOf(0))
  } finally {
    closeSync(fd)
  }
}

/** A shell command that prints the archive of the dump of `disk` in `run`. */
export function archiveCommand(volumes: string, disk: string, run: string): string {
  const parts: Part[] = []
  for (const name of globSync('slot*/*', { cwd: volumes })) {
    const [, ofRun, ofDisk, number] = HEADER.exec(headerOf(path.join(volumes, name))) ?? []
    if (ofDisk === disk && ofRun === run) parts.push({ file: path.join(volumes, name), number: Number(number) })
  }
  if (parts.length === 0) throw new Error(`no part of ${disk} of ${run} in ${volumes}`)
  return parts.toSorted((a, b) => a.number - b.number).map(({ file }) => `dd if='${file}' bs=32k skip=1 status=none`).join(' && ')
}
