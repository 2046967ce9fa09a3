// Where a restore to this agent may go, and the chain of levels that is being put there. Files are extracted into a fresh directory beside
// the target that becomes the target with the last level, so nothing that lies there before can be followed or overwritten.

import type { Disk } from '../kernel/disk.ts'
import { parentOf } from '../kernel/disk.ts'
import { Fault } from '../kernel/fault.ts'
import type { Random } from '../kernel/random.ts'
import { pickPaths } from '../stream/pick-paths.ts'
import { stagingPath, type StagingJournal } from '../stream/staging-journal.ts'

/** A chain that is being restored. */
export interface RestoreChain {
  readonly target: string
  readonly stagingDir: string
  /** Where levels are extracted: the staging directory, or one in it when paths are picked at the end. */
  readonly treeDir: string
  /** What is picked out of the whole tree after the last level (`/a/b`); empty: everything is taken. */
  readonly wanted: readonly string[]
  /** To be called when the staging directory is gone. */
  readonly forget: () => Promise<void>
}

/**
 * The target as a clean path. Rejects with `not-permitted` when it does not lie in one of `allowed` by real directories, with
 * `restore-target` when it is not missing or empty.
 */
async function checkTarget(disk: Disk, target: string, allowed: readonly string[]): Promise<string> {
  const parts = target.split('/').filter((part) => part !== '')
  if (!target.startsWith('/') || target.includes('\0') || parts.some((part) => part === '.' || part === '..') || parts.length === 0) throw new Fault('restore-target', `${JSON.stringify(target)} is not an absolute path`)
  const clean = `/${parts.join('/')}`
  const root = allowed.map((path) => path.replace(/\/+$/, '')).find((path) => clean.startsWith(`${path}/`))
  if (root === undefined) throw new Fault('not-permitted', `nothing may be restored to ${clean} here`, { next: 'Name a directory below the restore paths of the agent, or add one to its configuration.' })
  for (let path = clean; path !== root && path !== '/'; path = parentOf(path)) {
    const stat = await disk.stat(path)
    if (stat !== undefined && stat.kind !== 'directory') throw new Fault('restore-target', `${path} exists and is not a directory`)
  }
  if ((await disk.stat(clean)) !== undefined && (await disk.list(clean)).length > 0) throw new Fault('restore-target', `${clean} is not empty`)
  return clean
}

export async function openRestoreChain(disk: Disk, random: Random, journal: StagingJournal, target: string, allowed: readonly string[], wanted: readonly string[]): Promise<RestoreChain> {
  const clean = await checkTarget(disk, target, allowed)
  const stagingDir = stagingPath(random, parentOf(clean))
  if ((await disk.stat(stagingDir)) !== undefined) throw new Fault('restore-target', `${stagingDir} exists already`)
  const forget = await journal.note(stagingDir)
  await disk.makeDir(stagingDir, 0o700)
  const treeDir = wanted.length === 0 ? stagingDir : `${stagingDir}/tree`
  await disk.makeDir(treeDir, 0o700)
  return { target: clean, stagingDir, treeDir, wanted, forget }
}

/**
 * The last level is in: the tree, or what is wanted of it, becomes the target. Durable when it resolves, to the wanted paths that are not
 * there. What is left of the staging directory is the caller's to remove.
 */
export async function closeRestoreChain(disk: Disk, chain: RestoreChain): Promise<string[]> {
  const picked = `${chain.stagingDir}/picked`
  const missing = chain.wanted.length === 0 ? [] : await pickPaths(disk, chain.treeDir, picked, chain.wanted)
  await disk.removeDir(chain.target)
  await disk.rename(chain.wanted.length === 0 ? chain.treeDir : picked, chain.target)
  await disk.syncDir(parentOf(chain.target))
  return missing
}
