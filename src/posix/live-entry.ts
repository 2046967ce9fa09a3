// Looks at what lies on a disk by names of bytes, with all that stat knows, and changes nothing: links are not followed, files are not opened.

import { lstat, readdir, readlink } from 'node:fs/promises'
import type { BigIntStats } from 'node:fs'

export type LiveKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character-device' | 'block-device'

export interface LiveEntry {
  readonly kind: LiveKind
  readonly device: bigint
  readonly inode: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  /** The lower twelve bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

function kindOf(stat: BigIntStats): LiveKind {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isFIFO()) return 'fifo'
  if (stat.isSocket()) return 'socket'
  return stat.isCharacterDevice() ? 'character-device' : 'block-device'
}

/** Undefined when there is no such name; rejects with the system's error for anything else. */
export async function lookAt(path: Uint8Array): Promise<LiveEntry | undefined> {
  try {
    const stat = await lstat(Buffer.from(path), { bigint: true })
    return { kind: kindOf(stat), device: stat.dev, inode: stat.ino, size: stat.size, mtimeNs: stat.mtimeNs, ctimeNs: stat.ctimeNs, mode: Number(stat.mode & 0o7777n), uid: Number(stat.uid), gid: Number(stat.gid) }
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined
    throw error
  }
}

/** The target of a link, as a string of bytes (latin1). */
export async function linkTarget(path: Uint8Array): Promise<string> {
  return (await readlink(Buffer.from(path), { encoding: 'buffer' })).toString('latin1')
}

/** Names in a directory, as strings of bytes (latin1). */
export async function namesIn(path: Uint8Array): Promise<string[]> {
  return (await readdir(Buffer.from(path), { encoding: 'buffer' })).map((name) => name.toString('latin1'))
}
