// Names, headers and chains of chunk files on the holding disk. A chain begins with chunk 0 (header kind `file`); each header names the
// file of the next chunk. Paths that a header names are followed only into the configured holding directories.
// Format: docs/formats/holding-disk.md.

import type { Disk } from '../../kernel/disk.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { DUMP_HEADER_BYTES, decodeDumpHeader, type DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { RUN_DIRECTORY, UNFINISHED_SUFFIX } from '../../wire/amanda/holding-names.ts'
import { sanitiseFileName } from '../../wire/amanda/quote.ts'

/** A chain that is longer is damaged: at the smallest chunk size this is a dump of 6 TB. */
const CHUNKS_MAX = 100_000

export interface Chunk {
  /** The name it has now; with UNFINISHED_SUFFIX while it is being written. */
  readonly path: string
  /** Data in it, without its header. */
  readonly bytes: number
}

export interface Chain {
  readonly header: DumpFileHeader
  readonly chunks: readonly Chunk[]
  readonly bytes: number
}

/** `<host>.<disk>.<level>` of chunk 0. */
export function chunkBaseName(header: DumpFileHeader): string {
  return `${header.host.replaceAll('/', '_')}.${sanitiseFileName(header.disk)}.${header.level}`
}

export function damaged(path: string, why: string, cause?: unknown): Fault {
  return new Fault('holding-damaged', `${path}: ${why}`, { context: { path }, ...(cause === undefined ? {} : { cause }) })
}

/** The header of one chunk file. Throws `holding-damaged` or what the disk said. */
export async function readChunkHeader(disk: Disk, path: string): Promise<DumpFileHeader> {
  const block = Buffer.alloc(DUMP_HEADER_BYTES)
  {
    await using file = await disk.open(path, 'read')
    for (let filled = 0; filled < block.length; ) {
      const count = await file.read(block.subarray(filled), filled)
      if (count === 0) throw damaged(path, 'it is shorter than a header')
      filled += count
    }
  }
  let header
  try {
    header = decodeDumpHeader(block)
  } catch (error) {
    throw damaged(path, faultOf(error).message, error)
  }
  if (header.kind !== 'file' && header.kind !== 'cont-file') throw damaged(path, `a header of kind ${header.kind} does not belong on a holding disk`)
  return header
}

async function chunkBytes(disk: Disk, path: string): Promise<number | undefined> {
  const stat = await disk.stat(path)
  return stat?.kind === 'file' ? Math.max(0, stat.bytes - DUMP_HEADER_BYTES) : undefined
}

/**
 * Follows the chain that begins at `path`. With `acceptUnfinished` a chunk may still have its unfinished name. Throws `file-missing` when
 * chunk 0 is not there and `holding-damaged` for everything that is wrong with the rest.
 */
export async function readChain(disk: Disk, directories: readonly string[], path: string, acceptUnfinished = false): Promise<Chain> {
  const firstBytes = await chunkBytes(disk, path)
  if (firstBytes === undefined) throw new Fault('file-missing', `${path} is not on the holding disk`)
  const header = await readChunkHeader(disk, path)
  if (header.kind !== 'file') throw damaged(path, 'it is not the first chunk of a dump')
  const chunks: Chunk[] = [{ path, bytes: firstBytes }]
  const seen = new Set([path])
  let next = header.continuation
  while (next !== undefined) {
    const named = next
    if (!isInside(directories, named)) throw damaged(path, `its next chunk ${named} is outside the holding directories`)
    const bytes = await chunkBytes(disk, named)
    const unfinished = named + UNFINISHED_SUFFIX
    const unfinishedBytes = bytes === undefined && acceptUnfinished ? await chunkBytes(disk, unfinished) : undefined
    const found = bytes !== undefined ? { path: named, bytes } : unfinishedBytes !== undefined ? { path: unfinished, bytes: unfinishedBytes } : undefined
    if (found === undefined) throw damaged(path, `its chunk ${named} is missing`)
    const chunkHeader = await readChunkHeader(disk, found.path)
    if (chunkHeader.kind !== 'cont-file' || chunkHeader.datestamp !== header.datestamp || chunkHeader.host !== header.host || chunkHeader.disk !== header.disk || chunkHeader.level !== header.level) {
      throw damaged(path, `its chunk ${found.path} belongs to another dump`)
    }
    if (seen.has(found.path) || chunks.length >= CHUNKS_MAX) throw damaged(path, 'its chunks have no end')
    seen.add(found.path)
    chunks.push(found)
    next = chunkHeader.continuation
  }
  return { header, chunks, bytes: chunks.reduce((sum, chunk) => sum + chunk.bytes, 0) }
}

/** Whether `path` is `<directory>/<run>/<name>` of a configured directory. */
export function isInside(directories: readonly string[], path: string): boolean {
  return directories.some((directory) => {
    if (!path.startsWith(`${directory}/`)) return false
    const [run, name, ...rest] = path.slice(directory.length + 1).split('/')
    return RUN_DIRECTORY.test(run ?? '') && name !== undefined && name !== '' && name !== '..' && rest.length === 0
  })
}

/** The bytes after `:` in `%08x:%d`. */
export function crcByteCount(crc: string): number {
  return Number(crc.slice(crc.indexOf(':') + 1))
}
