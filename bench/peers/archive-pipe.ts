// The archiver alone: dumps the tree TREE at level 0 to stdout, as an agent would produce it, without transport, filters and checksums.
//   archive-pipe.ts TREE [none|names|attributes]   which index is made (and thrown away); default attributes
// On stderr: `done BYTES PEAK_RESIDENT_KIB`.

import { readFileSync } from 'node:fs'
import { startArchive } from '../../src/archive/archiver.ts'
import type { ArchiveSettings } from '../../src/archive/settings.ts'

const [tree = '.', index = 'attributes'] = process.argv.slice(2)

const settings: ArchiveSettings = {
  top: tree,
  level: 0,
  isEstimate: false,
  index: index as ArchiveSettings['index'],
  isOneFileSystem: true,
  crossed: [],
  isCacheSkipped: false,
  isNodumpHonoured: false,
  hasSparse: true,
  hasXattrs: true,
  hasAcls: true,
  excludes: [],
  includes: undefined,
  startedSeconds: Math.floor(Date.now() / 1000),
  basePath: undefined,
  hasSnapshot: false,
  passwd: readFileSync('/etc/passwd', 'latin1'),
  group: readFileSync('/etc/group', 'latin1'),
}

/** Node has the system wait for a pipe that is full. */
function writeAll(piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(piece, (error) => (error ? reject(error) : resolve())))
}

const archive = startArchive(settings, {
  say(line) {
    process.stderr.write(`${line}\n`)
    return Promise.resolve()
  },
  record: () => undefined,
})
const lines = (async () => {
  if (archive.index !== undefined) while ((await archive.index.read()) !== null);
})()
for (let piece = await archive.data.read(); piece !== null; piece = await archive.data.read()) await writeAll(piece)
await lines
process.stderr.write(`done ${archive.bytesWritten()} ${process.resourceUsage().maxRSS}\n`)
