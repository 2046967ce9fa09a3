// Which files are meant: files that are named, and directories with all that is below them. Links are followed where they are named, and left alone below:
// Amanda gives some logs a second name. What cannot be looked into is told, and the others go on.

import type { Disk } from '../../kernel/disk.ts'
import { Fault, faultOf, systemErrorCode } from '../../kernel/fault.ts'

/** Directories below the one that was named. */
const DEPTH_MAX = 8
/** Their names take some hundred megabytes of memory. */
const FILES_MAX = 500_000

export interface LogFile {
  readonly path: string
  /** It cannot be read: why. */
  readonly problem?: string
  /** Its bytes, when they do not come from the disk. */
  readonly pieces?: AsyncIterable<Uint8Array>
}

/** One of several files that are read. */
export interface NumberedFile extends LogFile {
  /** Its place among them. */
  readonly number: number
}

/** Every file that `names` mean, in order of their names. Rejects with `file-missing` for a name that is not there. */
export async function findLogFiles(disk: Disk, names: readonly string[]): Promise<readonly LogFile[]> {
  const files: LogFile[] = []
  const visit = async (dir: string, depth: number): Promise<void> => {
    const entries = await entriesOf(disk, dir)
    if (typeof entries === 'string') {
      files.push({ path: dir, problem: entries })
      return
    }
    for (const { name, kind } of entries) {
      const path = `${dir.replace(/\/$/, '')}/${name}`
      if (files.length >= FILES_MAX) return
      if (kind === 'file') files.push({ path })
      else if (kind === 'directory' && depth < DEPTH_MAX) await visit(path, depth + 1)
    }
  }
  for (const name of names) {
    const kind = await kindOf(disk, name)
    if (kind === 'directory') await visit(name, 0)
    else if (kind === 'file') files.push({ path: name })
    else files.push({ path: name, problem: 'is no file: give what it says on standard input, with -' })
  }
  return files
}

async function kindOf(disk: Disk, name: string): Promise<'directory' | 'file' | 'other'> {
  const stat = await disk.stat(name)
  if (stat === undefined) throw new Fault('file-missing', `${name} does not exist`)
  if (stat.kind !== 'symlink') return stat.kind
  try {
    await disk.list(name)
    return 'directory'
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') throw new Fault('file-missing', `${name} is a link to what does not exist`)
    return 'file'
  }
}

async function entriesOf(disk: Disk, dir: string): Promise<Awaited<ReturnType<Disk['list']>> | string> {
  try {
    return await disk.list(dir)
  } catch (error) {
    return `cannot be looked into: ${faultOf(error).message}`
  }
}
