// Puts Amanda's programs under their own names into a directory: for each a few lines of shell that start this program. What is there and is not such a file is never
// touched unless it is ordered, so that Debian's Amanda stays what it is.

import { readFile, replaceFile, type Disk } from '../../kernel/disk.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'

/** The second line of what is installed: how it is known again. */
const MARK = '# Holdfast under a name of Amanda'
const SCRIPT_BYTES_MAX = 4096
const EXECUTABLE = 0o755

export interface NamesOrder {
  /** They go to its `sbin`. */
  readonly prefix: string
  readonly names: readonly string[]
  /** Words that start this program. */
  readonly launch: readonly string[]
  readonly isForced: boolean
}

export interface NamesResult {
  readonly directory: string
  readonly installed: readonly string[]
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

export function nameScript(name: string, launch: readonly string[]): string {
  return `#!/bin/sh\n${MARK}\nexec ${[...launch, name].map(quoted).join(' ')} "$@"\n`
}

/** Throws `usage-wrong` naming the first file that is somebody else's, before anything is changed. */
export async function installNames(disk: Disk, order: NamesOrder): Promise<NamesResult> {
  const directory = `${order.prefix}/sbin`
  const files = order.names.map((name) => ({ name, path: `${directory}/${name}` }))
  for (const { path } of files) {
    if (order.isForced || (await isOurs(disk, path)) !== false) continue
    throw new Fault('usage-wrong', `${path} is there and was not installed by Holdfast`, { next: 'Choose another --prefix, or replace it with --force.' })
  }
  await disk.makeDir(directory, EXECUTABLE)
  for (const { name, path } of files) await replaceFile(disk, path, Buffer.from(nameScript(name, order.launch)), EXECUTABLE)
  return { directory, installed: order.names }
}

/** Removes what was installed; what is somebody else's stays. */
export async function removeNames(disk: Disk, prefix: string, names: readonly string[]): Promise<NamesResult> {
  const directory = `${prefix}/sbin`
  const installed: string[] = []
  for (const name of names) {
    const path = `${directory}/${name}`
    if ((await isOurs(disk, path)) !== true) continue
    await disk.remove(path)
    installed.push(name)
  }
  if (installed.length > 0) await disk.syncDir(directory)
  return { directory, installed }
}

/** Undefined: there is nothing. */
async function isOurs(disk: Disk, path: string): Promise<boolean | undefined> {
  const found = await disk.stat(path)
  if (found === undefined) return undefined
  if (found.kind !== 'file' || found.bytes > SCRIPT_BYTES_MAX) return false
  try {
    return (await readFile(disk, path, SCRIPT_BYTES_MAX)).toString('latin1').split('\n')[1] === MARK
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}
