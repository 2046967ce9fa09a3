// A file for code that must not wait for a promise: worker threads, and appending to what is open already. Whoever uses one takes it as an argument.

import { closeSync, fstatSync, fsyncSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'

/** Throws system errors. */
export interface SyncFile {
  /** Fills `target` from `position`; returns how many bytes, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): number
  /** Writes all of `bytes`. */
  write(bytes: Uint8Array, position: number): void
  /** The file's bytes are durable when it returns; its name is not. */
  sync(): void
  size(): number
  close(): void
}

function syncFileOf(fd: number): SyncFile {
  return {
    read(target, position) {
      let filled = 0
      while (filled < target.length) {
        const count = readSync(fd, target, filled, target.length - filled, position + filled)
        if (count === 0) break
        filled += count
      }
      return filled
    },
    write(bytes, position) {
      for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written, bytes.length - written, position + written)
    },
    sync: () => fsyncSync(fd),
    size: () => fstatSync(fd).size,
    close: () => closeSync(fd),
  }
}

/** `read`: must exist. `create`: emptied if it exists. */
export function openSyncFile(path: string, mode: 'read' | 'create'): SyncFile {
  return syncFileOf(openSync(path, mode === 'read' ? 'r' : 'w+', 0o600))
}

/** A file that is gone when it is closed, also when the process dies. `path` is its name for a moment. */
export function openScratchFile(path: string): SyncFile {
  const fd = openSync(path, 'w+', 0o600)
  unlinkSync(path)
  return syncFileOf(fd)
}
