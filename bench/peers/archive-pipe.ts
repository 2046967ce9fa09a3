// The archiver alone: dumps the tree TREE at level 0 to stdout, as an agent would produce it, without transport, filters and checksums.
//   archive-pipe.ts TREE [none|names|attributes [SNAPSHOT [BASE]]]   which index is made (and thrown away); default attributes
// With SNAPSHOT, that file is written; with BASE, the dump is one of level 1 that builds on this snapshot.
// On stderr: `done BYTES PEAK_RESIDENT_KIB`.

import { readFileSync } from 'node:fs'
import { startArchive } from '../../src/archive/archiver.ts'
import type { ArchiveSettings } from '../../src/archive/settings.ts'
import { SnapshotWriter } from '../../src/archive/snapshot/snapshot-writer.ts'
import { openScratchFile, openSyncFile } from '../../src/kernel/sync-file.ts'

const [tree = '.', index = 'attributes', snapshotPath, basePath] = process.argv.slice(2)

const settings: ArchiveSettings = {
  top: tree,
  level: basePath === undefined ? 0 : 1,
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
  basePath,
  hasSnapshot: snapshotPath !== undefined,
  passwd: readFileSync('/etc/passwd', 'latin1'),
  group: readFileSync('/etc/group', 'latin1'),
}

/** Node has the system wait for a pipe that is full. */
function writeAll(piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(piece, (error) => (error ? reject(error) : resolve())))
}

const snapshot = snapshotPath === undefined ? undefined : new SnapshotWriter(openSyncFile(snapshotPath, 'create'), () => openScratchFile(`${snapshotPath}.scratch`), { level: settings.level, run: '20260101000000' })
const archive = startArchive(settings, {
  say(line) {
    process.stderr.write(`${line}\n`)
    return Promise.resolve()
  },
  record: (bytes) => snapshot?.addDirectory(bytes),
})
const lines = (async () => {
  if (archive.index !== undefined) while ((await archive.index.read()) !== null);
})()
for (let piece = await archive.data.read(); piece !== null; piece = await archive.data.read()) await writeAll(piece)
await lines
snapshot?.finish()
process.stderr.write(`done ${archive.bytesWritten()} ${process.resourceUsage().maxRSS}\n`)
