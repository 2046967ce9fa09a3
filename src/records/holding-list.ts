// What lies on the holding disks of a configuration: the first chunk of each dump that was finished, with its size. A file that is not such a chunk is passed over:
// one that is being written, a later chunk, one without a header. Nothing is changed here. Format: docs/formats/holding-disk.md.

import type { Disk } from '../kernel/disk.ts'
import { Fault, systemErrorCode } from '../kernel/fault.ts'
import { DUMP_HEADER_BYTES, decodeDumpHeader, type DumpFileHeader } from '../wire/amanda/dump-header.ts'
import { RUN_DIRECTORY, UNFINISHED_SUFFIX } from '../wire/amanda/holding-names.ts'
import { NOT_WRITTEN, type FoundDump } from './found-dump.ts'

export interface HeldDump {
  readonly path: string
  readonly header: DumpFileHeader
  /** Paths of all chunks that are there, the first one first. */
  readonly chunks: readonly string[]
  /** KiB of all chunks with their headers, each rounded up; −1 when one is missing. */
  readonly kib: number
}

/** A dump of more chunks is damaged. */
const CHUNKS_MAX = 100_000

/** The header of a chunk; undefined when the file has none, or is not there. */
async function headerOf(disk: Disk, path: string): Promise<DumpFileHeader | undefined> {
  const block = Buffer.alloc(DUMP_HEADER_BYTES)
  try {
    await using file = await disk.open(path, 'read')
    for (let filled = 0; filled < block.length; ) {
      const count = await file.read(block.subarray(filled), filled)
      if (count === 0) return undefined
      filled += count
    }
    const header = decodeDumpHeader(block)
    return header.kind === 'file' || header.kind === 'cont-file' ? header : undefined
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' || (error instanceof Fault && error.code === 'wire-malformed')) return undefined
    throw error
  }
}

async function entriesOf(disk: Disk, directory: string): Promise<Awaited<ReturnType<Disk['list']>>> {
  try {
    return await disk.list(directory)
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return []
    throw error
  }
}

/** All chunks of the dump that begins at `path`. */
async function follow(disk: Disk, path: string, header: DumpFileHeader): Promise<HeldDump> {
  const chunks: string[] = []
  let kib = 0
  for (let at: string | undefined = path, chunk: DumpFileHeader | undefined = header; at !== undefined; ) {
    const stat = await disk.stat(at)
    if (stat?.kind !== 'file' || chunk === undefined || chunks.includes(at) || chunks.length >= CHUNKS_MAX) return { path, header, chunks, kib: -1 }
    chunks.push(at)
    kib += Math.ceil(stat.bytes / 1024)
    at = chunk.continuation
    chunk = at === undefined ? undefined : await headerOf(disk, at)
  }
  return { path, header, chunks, kib }
}

/** By timestamp, then by name. */
export async function listHolding(disk: Disk, holdingDirs: readonly string[]): Promise<HeldDump[]> {
  const found: HeldDump[] = []
  for (const directory of holdingDirs) {
    for (const run of await entriesOf(disk, directory)) {
      if (run.kind !== 'directory' || !RUN_DIRECTORY.test(run.name)) continue
      for (const file of await entriesOf(disk, `${directory}/${run.name}`)) {
        if (file.kind !== 'file' || file.name.endsWith(UNFINISHED_SUFFIX)) continue
        const path = `${directory}/${run.name}/${file.name}`
        const header = await headerOf(disk, path)
        if (header?.kind === 'file') found.push(await follow(disk, path, header))
      }
    }
  }
  return found
}

/** The dump as a row of `amadmin find`. */
export function foundOnHolding({ path, header, kib }: HeldDump): FoundDump {
  const status = header.isPartial ? 'PARTIAL' : 'OK'
  return {
    timestamp: header.datestamp, writeTimestamp: NOT_WRITTEN, host: header.host, disk: header.disk, level: header.level, storage: 'HOLDING', pool: 'HOLDING', label: path,
    fileNumber: 0, partNumber: -1, partCount: -1, status, dumpStatus: status, message: '', kib, originalKib: header.originalKib, isOnHolding: true,
  }
}
