// Makes the index of a dump from the dump itself. A whole dump in a vault needs little of it read: its recipe has the headers, and contents are only counted. Of any
// other all is read; an incremental is compared with the tree that it was made on (archive-lines.ts).

import type { CatalogReader, DumpRecord } from '../catalog/contract.ts'
import { createIndexWriter } from '../catalog/index-file/index-writer.ts'
import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import type { VaultDumpReader } from '../storage/vault/contract.ts'
import { undoFilters } from '../stream/dump-filters.ts'
import { isTarArchive } from '../wire/amanda/tar-dump.ts'
import { memberEntry } from '../wire/tar/member-entry.ts'
import { TarMemberReader, type TarMember } from '../wire/tar/member-reader.ts'
import { ArchiveLines } from './archive-lines.ts'
import type { IndexPlace } from './browse.ts'
import { nativeSource, openDump, type DumpStores, type FetchedDump } from './fetch.ts'
import { planRestore } from './plan.ts'
import { openTreeAt, type TreeAt } from './tree-at.ts'
import { openVaulted } from './vaulted.ts'

export interface IndexTools {
  readonly stores: DumpStores
  readonly processes: ProcessRunner
  /** Where the indexes of the dumps below an incremental lie. */
  readonly index: IndexPlace
  /** Bytes of the dump so far. */
  readonly onBytes: (bytes: number) => void
}

const ZEROS = Buffer.alloc(64 * 1024)

/** Writes the index of a dump that lies in a vault to `path`; false when it is no archive. Rejects with what reading the dump rejects with. */
export async function writeIndexOfVaulted(tools: IndexTools, record: DumpRecord, manifest: string, path: string): Promise<boolean> {
  const { reader, header } = await openVaulted(tools.stores.vault, record, manifest)
  {
    await using open = reader
    if (!isTarArchive(header)) return false
    if (record.level === 0 && undoFilters(header, tools.stores.permits).length === 0) {
      await writeFromRecipe(tools, open, path)
      return true
    }
  }
  await writeIndexFromBytes(tools, record, await openDump(tools.stores, record), path)
  return true
}

/** Reads all of an archive and writes its index. Returns the number of names. Rejects with `dump-incomplete` when nothing proves that it is whole. */
export async function writeIndexFromBytes(tools: IndexTools, record: DumpRecord, fetched: FetchedDump, path: string): Promise<number> {
  const native = await nativeSource(fetched, tools.processes)
  const writer = await createIndexWriter(tools.index.disk, path)
  const base = await openBase(tools.stores.catalog, tools.index, record)
  const lines = new ArchiveLines(base, (line) => writer.add(line))
  try {
    let bytes = 0
    for (let piece = await native.read(); piece !== null; piece = await native.read()) {
      bytes += piece.length
      await lines.push(piece)
      tools.onBytes(bytes)
    }
    // Without a checksum the archive itself must say that it is whole.
    if (fetched.storedCrc === undefined && !lines.isAtEnd) throw unproven(record)
    return (await writer.finish()).lineCount
  } catch (error) {
    native.cancel(faultOf(error))
    await writer.abandon()
    throw error
  } finally {
    await base?.[Symbol.asyncDispose]()
  }
}

export function unproven(record: Pick<DumpRecord, 'host' | 'disk' | 'level' | 'run'>): Fault {
  return new Fault('dump-incomplete', `${record.host} ${record.disk} level ${record.level} of ${record.run} has no end: its last part is not on the volumes`, { next: 'Nothing, if it is a dump that failed; a later one of the disk is whole.' })
}

async function writeFromRecipe(tools: IndexTools, reader: VaultDumpReader, path: string): Promise<void> {
  const writer = await createIndexWriter(tools.index.disk, path)
  let members: TarMember[] = []
  const tar = new TarMemberReader((member) => members.push(member))
  try {
    for await (const step of reader.recipe()) {
      if (step.kind === 'literal') tar.push(step.bytes)
      else if (step.kind === 'zeros') pushZeros(tar, step.count)
      else if (step.kind === 'segment') {
        if (step.length <= tar.skippableBytes) tar.skip(step.length)
        else await pushAll(tar, reader.read(tar.offset, step.length))
      }
      for (const member of members) await writer.add(memberEntry(member))
      if (members.length > 0) tools.onBytes(tar.offset)
      members = []
    }
    tar.finish()
    await writer.finish()
  } catch (error) {
    await writer.abandon()
    throw error
  }
}

function pushZeros(tar: TarMemberReader, count: number): void {
  for (let left = count; left > 0; ) {
    const skipped = Math.min(left, tar.skippableBytes)
    if (skipped > 0) tar.skip(skipped)
    left -= skipped
    const pushed = Math.min(left, 512)
    if (pushed > 0) tar.push(ZEROS.subarray(0, pushed))
    left -= pushed
  }
}

async function pushAll(tar: TarMemberReader, source: ByteSource): Promise<void> {
  for (let piece = await source.read(); piece !== null; piece = await source.read()) tar.push(piece)
}

/** What the dump was made on. Undefined for a full, and when a dump of the chain is not there or has no index. */
async function openBase(catalog: CatalogReader, index: IndexPlace, record: DumpRecord): Promise<TreeAt | undefined> {
  if (record.level === 0) return undefined
  try {
    const chain = planRestore(await catalog.dumps({ host: record.host, disk: record.disk }), { host: record.host, disk: record.disk, dump: record.id })
    const tree = await openTreeAt(index, chain.slice(0, -1))
    if (tree.withoutIndex.length === 0) return tree
    await tree[Symbol.asyncDispose]()
    return undefined
  } catch (error) {
    const { code } = faultOf(error)
    if (code === 'dump-missing' || code === 'index-damaged') return undefined
    throw error
  }
}
