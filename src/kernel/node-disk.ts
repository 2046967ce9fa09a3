// The machine's disk behind the Disk contract. Calls go to the thread pool, so that a slow disk never stops the thread that owns
// the links.

import { closeSync, constants, openSync, readSync } from 'node:fs'
import { lstat, mkdir, open, readdir, readlink, rename, rmdir, statfs, symlink, unlink, type FileHandle } from 'node:fs/promises'
import { systemErrorCode } from './fault.ts'
import type { Disk, DiskFile, FileStat, OpenMode } from './disk.ts'

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  'create-new': constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC,
  update: constants.O_RDWR,
}

interface HasKind {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
}

function kindOf(entry: HasKind): FileStat['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  return entry.isSymbolicLink() ? 'symlink' : 'other'
}

class NodeFile implements DiskFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(target, 0, target.length, position)
    return bytesRead
  }

  async write(pieces: readonly Uint8Array[], position: number): Promise<void> {
    let remaining = pieces.filter((piece) => piece.length > 0)
    let at = position
    while (remaining.length > 0) {
      const { bytesWritten } = await this.#handle.writev(remaining, at)
      at += bytesWritten
      remaining = withoutFirst(remaining, bytesWritten)
    }
  }

  truncate(bytes: number): Promise<void> {
    return this.#handle.truncate(bytes)
  }

  sync(): Promise<void> {
    return this.#handle.datasync()
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** What is left of `pieces` after a write that took only `count` bytes of them. */
function withoutFirst(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
  let skip = count
  const rest: Uint8Array[] = []
  for (const piece of pieces) {
    if (skip >= piece.length) skip -= piece.length
    else {
      rest.push(skip === 0 ? piece : piece.subarray(skip))
      skip = 0
    }
  }
  return rest
}

async function ignoringMissing(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
  }
}

export const nodeDisk: Disk = {
  async open(path, mode, permissions = 0o600) {
    return new NodeFile(await open(path, FLAGS[mode], permissions))
  },
  readStart(path, target) {
    // Somebody may have put a pipe in the file's place: opening that would wait for its writer.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      return readSync(file, target, 0, target.length, 0)
    } finally {
      closeSync(file)
    }
  },
  async makeDir(path, permissions = 0o700) {
    await mkdir(path, { recursive: true, mode: permissions })
  },
  async list(path) {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) })).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  },
  async stat(path) {
    try {
      const stat = await lstat(path, { bigint: true })
      return { kind: kindOf(stat), bytes: Number(stat.size), modifiedMs: Number(stat.mtimeMs), mode: Number(stat.mode) & 0o7777, inode: stat.ino, ownerId: Number(stat.uid) }
    } catch (error) {
      const code = systemErrorCode(error)
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
      throw error
    }
  },
  rename: (from, to) => rename(from, to),
  remove: (path) => ignoringMissing(unlink(path)),
  removeDir: (path) => ignoringMissing(rmdir(path)),
  symlink: (target, path) => symlink(target, path),
  readLink: (path) => readlink(path),
  async syncDir(path) {
    const handle = await open(path, constants.O_RDONLY)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  async space(path) {
    const stat = await statfs(path)
    // btrfs and others make inodes as they are needed, and say 0 of both.
    const inodes = stat.files > 0 ? { totalInodes: stat.files, freeInodes: stat.ffree } : {}
    return { totalBytes: stat.blocks * stat.bsize, freeBytes: stat.bavail * stat.bsize, ...inodes }
  },
}
