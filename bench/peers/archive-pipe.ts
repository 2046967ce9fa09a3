// The archiver alone: dumps trees as an agent would, without transport, filters and checksums.
//   archive-pipe.ts TREE [none|names|attributes [SNAPSHOT [BASE]]]   one dump of level 0 to stdout; which index is made (and thrown away), default attributes
//   archive-pipe.ts --agent                                           a process that runs already, as an agent does: see below
// With SNAPSHOT, that file is written; with BASE, the dump is one of level 1 that builds on this snapshot. On stderr: `done BYTES PEAK_RESIDENT_KIB`.
// An agent reads orders from stdin: each line is a JSON list of the words above with the file or fifo to write to in front of them, or nothing there for an
// estimate; when it is done, a line comes to stdout. Threads are kept from one order to the next, as the agent's application keeps them.

import { closeSync, openSync, readFileSync, write } from 'node:fs'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { estimateArchive, startArchive } from '../../src/archive/archiver.ts'
import { BlockPool } from '../../src/archive/block-pool.ts'
import type { ArchiveSettings } from '../../src/archive/settings.ts'
import { SnapshotWriter } from '../../src/archive/snapshot/snapshot-writer.ts'
import { ThreadPool } from '../../src/archive/thread-pool.ts'
import { openScratchFile, openSyncFile } from '../../src/kernel/sync-file.ts'
import { nativeCall } from '../../src/posix/libc.ts'

const THREADS_IDLE_MS = 120_000
/** fcntl.h of Linux. */
const F_SETPIPE_SZ = 1031
/** What anybody may ask for unless the machine says otherwise (/proc/sys/fs/pipe-max-size). */
const PIPE_BYTES = 1024 * 1024

const writeTo = promisify(write)

type Sink = (piece: Uint8Array) => Promise<void>

/** Who writes whole mebibytes into the 64 KiB that a pipe has, and who reads them, put each other to sleep and wake each other for each 64 KiB. What is no pipe stays as it is. */
function widenPipe(fd: number): void {
  nativeCall('int fcntl(int fd, int command, int value)')?.(fd, F_SETPIPE_SZ, PIPE_BYTES)
}

/** Node has the system wait for a pipe that is full. */
function writeOut(piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(piece, (error) => (error ? reject(error) : resolve())))
}

function writerOf(fd: number): Sink {
  return async (piece) => {
    for (let at = 0; at < piece.length; ) at += (await writeTo(fd, piece, at, piece.length - at)).bytesWritten
  }
}

function settingsOf(tree: string, index: string, hasSnapshot: boolean, basePath: string | undefined): ArchiveSettings {
  return {
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
    hasSnapshot,
    passwd: readFileSync('/etc/passwd', 'latin1'),
    group: readFileSync('/etc/group', 'latin1'),
  }
}

async function dump(sink: Sink, words: readonly string[], pools: { readonly blocks: BlockPool; readonly threads: ThreadPool }): Promise<void> {
  const [tree = '.', index = 'attributes', snapshotPath, basePath] = words
  const settings = settingsOf(tree, index, snapshotPath !== undefined, basePath)
  const snapshot = snapshotPath === undefined ? undefined : new SnapshotWriter(openSyncFile(snapshotPath, 'create'), () => openScratchFile(`${snapshotPath}.scratch`), { level: settings.level, run: '20260101000000' })
  const hooks = {
    say(line: string) {
      process.stderr.write(`${line}\n`)
      return Promise.resolve()
    },
    record: (bytes: Uint8Array) => snapshot?.addDirectory(bytes),
  }
  const archive = startArchive(settings, hooks, pools.blocks, pools.threads)
  const lines = (async () => {
    if (archive.index !== undefined) while ((await archive.index.read()) !== null);
  })()
  for (let piece = await archive.data.read(); piece !== null; piece = await archive.data.read()) await sink(piece)
  await lines
  snapshot?.finish()
  process.stderr.write(`done ${archive.bytesWritten()} ${process.resourceUsage().maxRSS}\n`)
}

async function serve(): Promise<void> {
  const pools = { blocks: new BlockPool(), threads: new ThreadPool(THREADS_IDLE_MS) }
  for await (const line of createInterface({ input: process.stdin })) {
    const [out = '', ...words] = JSON.parse(line) as string[]
    if (out === '') await estimateArchive(settingsOf(words[0] ?? '.', 'none', false, words[3]), new AbortController().signal, pools.blocks, pools.threads)
    else {
      const fd = openSync(out, 'w')
      widenPipe(fd)
      await dump(writerOf(fd), words, pools)
      closeSync(fd)
    }
    process.stdout.write('done\n')
  }
}

const [first = '', ...others] = process.argv.slice(2)
if (first === '--agent') await serve()
else {
  widenPipe(1)
  await dump(writeOut, [first, ...others], { blocks: new BlockPool(), threads: new ThreadPool() })
}
