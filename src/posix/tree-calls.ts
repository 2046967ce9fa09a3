// The calls that reading a tree takes, below open directories: nothing that happens to the path above a directory after it was opened leads elsewhere, and
// no link is ever followed. Synchronous, for worker threads. Names are bytes up to a NUL. Failures are thrown as Node throws them, with `code`.

import type { FileFacts } from './file-facts.ts'
import { openNativeTreeCalls } from './native-tree-calls.ts'
import { NodeTreeCalls } from './node-tree-calls.ts'

/** Receives the names of a directory: records as the system writes them (linux_dirent64): inode 8 bytes, offset 8, length 2, type 1, the name and a NUL. */
export interface DirentSink {
  /** Room for more records: at least `bytes`. The result's memory is filled from its start. */
  room(bytes: number): Uint8Array
  /** So many bytes of it were filled. */
  filled(bytes: number): void
}

export interface TreeCalls {
  /** A handle of the directory at an absolute path; links in the path are followed. */
  openTop(path: Uint8Array): number
  openDirectory(parent: number, name: Uint8Array): number
  /** For reading, of a regular file; returns also what is none, and never waits for a fifo. */
  openFile(directory: number, name: Uint8Array): number
  close(handle: number): void
  stat(directory: number, name: Uint8Array, into: FileFacts): void
  statHandle(handle: number, into: FileFacts): void
  readNames(directory: number, sink: DirentSink): void
  /** Reads into `target` from `at`; returns how many bytes, 0 at the end of the file. */
  read(handle: number, target: Uint8Array, at: number, bytes: number, position: number): number
  readLink(directory: number, name: Uint8Array): Uint8Array
  /** A path for calls that take no open directory; good while the directory is open. */
  pathOf(directory: number, name: Uint8Array): Uint8Array
}

/** The best this machine can do. */
export function openTreeCalls(): TreeCalls {
  return openNativeTreeCalls() ?? new NodeTreeCalls()
}
