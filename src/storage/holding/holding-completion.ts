// The last steps that make a dump count, used by the writer and by the recovery after a crash: final header, everything durable, then
// the names, chunk 0 last. So chunk 0 has its final name only when all of the dump is there.

import { parentOf, type Disk } from '../../kernel/disk.ts'
import { DUMP_HEADER_BYTES, encodeDumpHeader, type DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { UNFINISHED_SUFFIX } from '../../wire/amanda/holding-names.ts'
import { type Chain } from './chunk-files.ts'
import type { HeldDump, HoldingTotals } from './contract.ts'
import { encodeMarkedHeader } from './durable-mark.ts'
import { checksumOf } from './held-dump-reader.ts'

export function finalPath(path: string): string {
  return path.endsWith(UNFINISHED_SUFFIX) ? path.slice(0, -UNFINISHED_SUFFIX.length) : path
}

/** Amanda leaves the block size out of the final header of chunk 0. */
export function finalHeader(header: DumpFileHeader, totals: HoldingTotals, isPartial: boolean): DumpFileHeader {
  const { blockKib: _blockKib, nativeCrc: _native, clientCrc: _client, ...rest } = header
  return {
    ...rest,
    isPartial,
    originalKib: totals.originalKib,
    ...(totals.nativeCrc === undefined ? {} : { nativeCrc: totals.nativeCrc }),
    ...(totals.clientCrc === undefined ? {} : { clientCrc: totals.clientCrc }),
    serverCrc: totals.serverCrc,
  }
}

export function heldDump(path: string, chain: Chain): HeldDump {
  return { path, header: chain.header, bytes: chain.bytes, diskBytes: chain.bytes + chain.chunks.length * DUMP_HEADER_BYTES }
}

/** Gives the chunks their final names. Their bytes and headers must be durable. */
export async function nameChunks(disk: Disk, paths: readonly string[]): Promise<void> {
  const [first, ...rest] = paths
  if (first === undefined) return
  const renameAll = async (chunks: readonly string[]): Promise<void> => {
    for (const chunk of chunks) if (finalPath(chunk) !== chunk) await disk.rename(chunk, finalPath(chunk))
    for (const dir of new Set(chunks.map(parentOf))) await disk.syncDir(dir)
  }
  await renameAll(rest.toReversed())
  await renameAll([first])
}

async function syncPath(disk: Disk, path: string): Promise<void> {
  await using file = await disk.open(path, 'update')
  await file.sync()
}

/** Gives a chain whose final header is there its names. A process that was killed may have written all of it and synced none. */
export async function completeChain(disk: Disk, chain: Chain): Promise<void> {
  for (const chunk of chain.chunks) await syncPath(disk, chunk.path)
  for (const dir of new Set(chain.chunks.map((chunk) => parentOf(chunk.path)))) await disk.syncDir(dir)
  await nameChunks(disk, chain.chunks.map((chunk) => chunk.path))
}

/**
 * Makes what is in `chunks` a finished partial dump. The bytes are read again, because what a failed writer counted may not be there.
 * `durableCrc` is the mark that chunk 0 keeps, so that a crash in here ends as one before; undefined: nobody knows which of the bytes
 * are those that were sent, and the dump gets no checksum that would vouch for them.
 */
export async function completePartial(disk: Disk, chain: Chain, durableCrc: string | undefined): Promise<HeldDump> {
  const { serverCrc, ...unproven } = finalHeader(chain.header, { originalKib: 0, serverCrc: await checksumOf(disk, chain) }, true)
  const header: DumpFileHeader = durableCrc === undefined || serverCrc === undefined ? unproven : { ...unproven, serverCrc }
  const first = chain.chunks[0]?.path ?? ''
  {
    await using file = await disk.open(first, 'update')
    await file.write([durableCrc === undefined ? encodeDumpHeader(header) : encodeMarkedHeader(header, durableCrc)], 0)
  }
  await completeChain(disk, chain)
  return heldDump(finalPath(first), { ...chain, header })
}
