// Where a restore to this agent may go, and the chain of levels that is being put there. Files are extracted into a fresh directory beside
// the target that becomes the target with the last level, so nothing that lies there before can be followed or overwritten. Where the server says what becomes of names
// that are there already, a target may be in use: what was restored beside it is then put into it as from an archive.

import type { ExistingPolicy } from '../archive/extract/contract.ts'
import { extractTree, type ExtractTreeTools } from '../archive/extract/extract-tree.ts'
import { problemText } from '../archive/extract/problem-text.ts'
import type { Disk } from '../kernel/disk.ts'
import { parentOf } from '../kernel/disk.ts'
import { Fault } from '../kernel/fault.ts'
import type { Random } from '../kernel/random.ts'
import { pickPaths } from '../stream/pick-paths.ts'
import type { RestoreScripts } from './scripts/restore-scripts.ts'
import { stagingPath, type StagingJournal } from '../stream/staging-journal.ts'

/** A chain that is being restored. */
export interface RestoreChain {
  readonly target: string
  readonly stagingDir: string
  /** Where levels are extracted: the staging directory, or one in it when paths are picked at the end. */
  readonly treeDir: string
  /** What is picked out of the whole tree after the last level (`/a/b`); empty: everything is taken. */
  readonly wanted: readonly string[]
  /** Undefined: the target is missing or empty. */
  readonly existing: ExistingPolicy | undefined
  /** Around all of the chain; undefined: the dumptype has none. */
  readonly scripts: RestoreScripts | undefined
  /** To be called when the staging directory is gone. */
  readonly forget: () => Promise<void>
}

/**
 * The target as a clean path. Rejects with `not-permitted` when it does not lie in one of `allowed` by real directories, with
 * `restore-target` when it is not missing or empty, unless it may be in use.
 */
async function checkTarget(disk: Disk, target: string, allowed: readonly string[], mayBeUsed: boolean): Promise<string> {
  const parts = target.split('/').filter((part) => part !== '')
  if (!target.startsWith('/') || target.includes('\0') || parts.some((part) => part === '.' || part === '..') || parts.length === 0) throw new Fault('restore-target', `${JSON.stringify(target)} is not an absolute path`)
  const clean = `/${parts.join('/')}`
  const root = allowed.map((path) => path.replace(/\/+$/, '')).find((path) => clean.startsWith(`${path}/`))
  if (root === undefined) throw new Fault('not-permitted', `nothing may be restored to ${clean} here`, { next: 'Name a directory below the restore paths of the agent, or add one to its configuration.' })
  for (let path = clean; path !== root && path !== '/'; path = parentOf(path)) {
    const stat = await disk.stat(path)
    if (stat !== undefined && stat.kind !== 'directory') throw new Fault('restore-target', `${path} exists and is not a directory`)
  }
  if (!mayBeUsed && (await disk.stat(clean)) !== undefined && (await disk.list(clean)).length > 0) throw new Fault('restore-target', `${clean} is not empty`)
  return clean
}

export interface ChainWish {
  readonly target: string
  readonly wanted: readonly string[]
  readonly existing: ExistingPolicy | undefined
  readonly scripts: RestoreScripts | undefined
}

export async function openRestoreChain(disk: Disk, random: Random, journal: StagingJournal, { target, wanted, existing, scripts }: ChainWish, allowed: readonly string[]): Promise<RestoreChain> {
  const clean = await checkTarget(disk, target, allowed, existing !== undefined)
  const stagingDir = stagingPath(random, parentOf(clean))
  if ((await disk.stat(stagingDir)) !== undefined) throw new Fault('restore-target', `${stagingDir} exists already`)
  const forget = await journal.note(stagingDir)
  await disk.makeDir(stagingDir, 0o700)
  const treeDir = wanted.length === 0 ? stagingDir : `${stagingDir}/tree`
  await disk.makeDir(treeDir, 0o700)
  return { target: clean, stagingDir, treeDir, wanted, existing, scripts, forget }
}

/** What is to be said of a chain that was put in its place. */
interface ClosedChain {
  /** Wanted paths that are not in the dumps. */
  readonly missing: readonly string[]
  /** Names that are not in the target as they should be. */
  readonly problems: readonly string[]
}

/**
 * The last level is in: the tree, or what is wanted of it, becomes the target, or is put into the one that is in use. Durable when it resolves. What is left of the
 * staging directory is the caller's to remove.
 */
export async function closeRestoreChain(tools: ExtractTreeTools, chain: RestoreChain, allowed: readonly string[], signal: AbortSignal): Promise<ClosedChain> {
  const { disk } = tools
  const picked = `${chain.stagingDir}/picked`
  const missing = chain.wanted.length === 0 ? [] : await pickPaths(disk, chain.treeDir, picked, chain.wanted)
  const made = chain.wanted.length === 0 ? chain.treeDir : picked
  if (chain.existing !== undefined && (await isUsed(disk, chain.target))) {
    // Much may have happened since the first level.
    await checkTarget(disk, chain.target, allowed, true)
    const { problems } = await extractTree(tools, made, { target: chain.target, existing: chain.existing, owners: 'number' }, signal)
    return { missing, problems: problems.map(problemText) }
  }
  await disk.removeDir(chain.target)
  await disk.rename(made, chain.target)
  await disk.syncDir(parentOf(chain.target))
  return { missing, problems: [] }
}

async function isUsed(disk: Disk, target: string): Promise<boolean> {
  return (await disk.stat(target)) !== undefined && (await disk.list(target)).length > 0
}
