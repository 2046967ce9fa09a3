// The disk as an argument. Production uses node-disk.ts; the simulator a disk that forgets what was not synced, directory entries
// too. So whoever uses this contract must say what has to be durable: `sync` for a file's bytes, `syncDir` for names in a directory.
// Errors are system errors with an errno code (`ENOSPC`); faultOf names them.

import { Fault } from './fault.ts'

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other'
  readonly bytes: number
  readonly modifiedMs: number
  readonly mode: number
  /** Undefined where the disk has no such number. */
  readonly inode?: bigint
  /** The user who owns it; undefined where the disk knows none. */
  readonly ownerId?: number
}

export interface DirectoryEntry {
  readonly name: string
  readonly kind: FileStat['kind']
}

export interface DiskSpace {
  readonly totalBytes: number
  /** What an unprivileged writer may still use. */
  readonly freeBytes: number
  /** Files there may be, and that may still be made; undefined where the file system has no such limit. */
  readonly totalInodes?: number
  readonly freeInodes?: number
}

/**
 * `read`: must exist. `create-new`: must not exist. `create`: emptied if it exists. `update`: must exist, read and write.
 */
export type OpenMode = 'read' | 'create-new' | 'create' | 'update'

export interface DiskFile extends AsyncDisposable {
  /** Reads up to `target.length` bytes at `position`; returns how many, 0 at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>
  /** Writes all of `pieces`, one after the other, starting at `position`. */
  write(pieces: readonly Uint8Array[], position: number): Promise<void>
  truncate(bytes: number): Promise<void>
  /** The file's bytes and length are durable when it resolves. Its name is not: see `Disk.syncDir`. */
  sync(): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

export interface Disk {
  /** New files get `mode` (default 0600). */
  open(path: string, mode: OpenMode, permissions?: number): Promise<DiskFile>
  /**
   * Fills `target` with the beginning of a file, at once and on this thread; returns how many bytes. For thousands of small files ten times faster than
   * `open`, but a disk that is slow stops everything: only for programs that do nothing else meanwhile. Not every disk can.
   */
  readStart?(path: string, target: Uint8Array): number
  /** Creates `path` and its missing parents (mode 0700 by default). Not an error when it exists. */
  makeDir(path: string, permissions?: number): Promise<void>
  /** The entries, sorted by name; rejects with ENOENT when there is no such directory. */
  list(path: string): Promise<DirectoryEntry[]>
  /** What `path` itself is (links are not followed); undefined when it does not exist. */
  stat(path: string): Promise<FileStat | undefined>
  rename(from: string, to: string): Promise<void>
  /** Removes a file or link; not an error when it does not exist. */
  remove(path: string): Promise<void>
  /** Removes an empty directory; not an error when it does not exist. */
  removeDir(path: string): Promise<void>
  symlink(target: string, path: string): Promise<void>
  readLink(path: string): Promise<string>
  /** The names in `path` are durable when it resolves. */
  syncDir(path: string): Promise<void>
  space(path: string): Promise<DiskSpace>
}

const WHOLE_FILE_BYTES_MAX = 64 * 1024 * 1024

/** All bytes of a small file; rejects with ENOENT when it is missing. */
export async function readFile(disk: Disk, path: string, limitBytes = WHOLE_FILE_BYTES_MAX): Promise<Buffer> {
  await using file = await disk.open(path, 'read')
  const bytes = await file.size()
  if (bytes > limitBytes) throw new Fault('wire-malformed', `${path} is ${bytes} bytes long, more than ${limitBytes}`)
  const target = Buffer.alloc(bytes)
  let filled = 0
  while (filled < bytes) {
    const count = await file.read(target.subarray(filled), filled)
    if (count === 0) break
    filled += count
  }
  return target.subarray(0, filled)
}

/** Replaces `path` so that after a crash it holds either all of the old or all of the new bytes, and the new ones once it resolves. */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array, permissions = 0o600): Promise<void> {
  const temporary = `${path}.new`
  {
    await using file = await disk.open(temporary, 'create', permissions)
    await file.write([bytes], 0)
    await file.sync()
  }
  await disk.rename(temporary, path)
  await disk.syncDir(parentOf(path))
}

/** The directory that holds `path`. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  if (slash < 0) return '.'
  return slash === 0 ? '/' : path.slice(0, slash)
}
