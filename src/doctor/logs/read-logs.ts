// Log files, one after the other: whole files, and directories with all that is below them. Files that gzip has packed (rotated logs) are unpacked.
// Memory is bounded by one piece of a file and a line.

import { Readable } from 'node:stream'
import { constants, createGunzip } from 'node:zlib'
import type { Disk, DiskFile } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import type { LineFilter } from './line-filter.ts'

const PIECE_BYTES = 256 * 1024
/** Directories below the one that was named. */
const DEPTH_MAX = 8

/** RFC 1952, 2.3.1. */
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b])

export interface LogFile {
  readonly path: string
  readonly bytes: number
}

/** Every file that `names` mean, in order of their names. Rejects with `file-missing` for a name that is not there. */
export async function findLogFiles(disk: Disk, names: readonly string[]): Promise<readonly LogFile[]> {
  const files: LogFile[] = []
  const visit = async (path: string, depth: number): Promise<void> => {
    const stat = await disk.stat(path)
    if (stat?.kind === 'file') files.push({ path, bytes: stat.bytes })
    if (stat?.kind !== 'directory' || depth > DEPTH_MAX) return
    for (const entry of await disk.list(path)) await visit(`${path}/${entry.name}`, depth + 1)
  }
  for (const name of names) {
    if ((await disk.stat(name)) === undefined) throw new Fault('file-missing', `${name} does not exist`)
    await visit(name, 0)
  }
  return files
}

/** Gives all of `file` to `filter`. `onBytes` is told how much was read. Returns its lines. */
export async function readLog(disk: Disk, file: LogFile, filter: LineFilter, onBytes: (bytes: number) => void): Promise<number> {
  await using opened = await disk.open(file.path, 'read')
  const magic = Buffer.alloc(GZIP_MAGIC.length)
  await opened.read(magic, 0)
  const packed = piecesOf(opened, onBytes)
  for await (const piece of magic.equals(GZIP_MAGIC) ? unpacked(packed) : packed) filter.push(piece)
  const { lines } = filter
  filter.finish()
  return lines
}

/** Each piece is good until the next is asked for. */
async function* piecesOf(opened: DiskFile, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES)
  let position = 0
  for (let count = await opened.read(buffer, 0); count > 0; count = await opened.read(buffer, position)) {
    position += count
    onBytes(count)
    yield buffer.subarray(0, count)
  }
}

/** What was cut off is read as far as it goes. */
function unpacked(packed: AsyncGenerator<Buffer>): AsyncIterable<Buffer> {
  const copies = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of packed) yield Buffer.from(piece)
  }
  return Readable.from(copies()).compose(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })) as AsyncIterable<Buffer>
}
