// Copies a snapshot as the base of a new dump, without the directories that are no longer where it says. GNU tar takes a directory whose
// inode it knows under another name for a renamed one, and writes a rename for the restore to carry out; with several renames, or an
// inode that was used again, its own restore then fails ("Cannot rename"). Without the record the directory is new: it is dumped whole, and
// the old one is deleted by its parent's list. That is always right, and costs the data of renamed directories.

import type { Disk } from '../../kernel/disk.ts'
import { SnapshotSplitter, type SnapshotRecord } from './snapshot-records.ts'

const READ_BYTES = 1024 * 1024
/** Directories looked at together: enough to keep the thread pool busy. */
const LOOKS_AT_ONCE = 32

/** Whether `record` names a directory that is still the same one below `device`. */
async function isInPlace(disk: Disk, device: string, record: SnapshotRecord): Promise<boolean> {
  const name = record.name.toString('utf8')
  if (name === '.') return true
  // A path that is not UTF-8 cannot be looked at by name: its directory is dumped whole each time.
  if (!Buffer.from(name, 'utf8').equals(record.name)) return false
  const stat = await disk.stat(`${device}/${name}`).catch((error: unknown) => {
    // A path that is too long for one call is too long for tar as well, which would fail where it finds its record.
    if (error instanceof Error && 'code' in error && error.code === 'ENAMETOOLONG') return undefined
    throw error
  })
  return stat !== undefined && stat.kind === 'directory' && (stat.inode === undefined || String(stat.inode) === record.inode)
}

async function keptOf(disk: Disk, device: string, records: readonly SnapshotRecord[]): Promise<Uint8Array[]> {
  const kept: Uint8Array[] = []
  for (let at = 0; at < records.length; at += LOOKS_AT_ONCE) {
    const batch = records.slice(at, at + LOOKS_AT_ONCE)
    const inPlace = await Promise.all(batch.map((record) => isInPlace(disk, device, record)))
    kept.push(...batch.filter((_record, index) => inPlace[index] === true).map((record) => record.bytes))
  }
  return kept
}

/** Writes to `to` what of the snapshot `from` still holds below `device`. Rejects with `wire-malformed` when `from` is damaged. */
export async function copySnapshot(disk: Disk, from: string, to: string, device: string): Promise<void> {
  await using source = await disk.open(from, 'read')
  await using target = await disk.open(to, 'create')
  const splitter = new SnapshotSplitter()
  let isHeadWritten = false
  let read = 0
  let written = 0
  for (;;) {
    const piece = Buffer.allocUnsafe(READ_BYTES)
    const count = await source.read(piece, read)
    if (count === 0) break
    read += count
    const pieces = await keptOf(disk, device, splitter.push(piece.subarray(0, count)))
    if (!isHeadWritten && splitter.head !== undefined) {
      pieces.unshift(splitter.head)
      isHeadWritten = true
    }
    await target.write(pieces, written)
    written += pieces.reduce((bytes, part) => bytes + part.length, 0)
  }
  splitter.finish()
}
