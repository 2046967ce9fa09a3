// The directory a restore is made in: fresh, beside the target on the same file system, readable by nobody else until it becomes the
// target in one rename. So nothing that lies in the target before can be followed, and a restore that fails leaves no half target.

import { parentOf, type Disk } from '../kernel/disk.ts'
import { Fault } from '../kernel/fault.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import type { Random } from '../kernel/random.ts'
import { stagingPath, type StagingJournal } from '../stream/staging-journal.ts'

export interface Staging {
  readonly path: string
  /** Makes `path` (default: all of it) the target. Durable when it resolves. */
  become(path?: string): Promise<void>
  /** Removes what is left. Never rejects. */
  discard(): Promise<void>
}

/** Rejects with `restore-target` when the target is something other than missing or an empty directory. */
export async function openStaging(disk: Disk, processes: ProcessRunner, random: Random, target: string, journal?: StagingJournal): Promise<Staging> {
  const clean = target.replace(/\/+$/, '')
  if (clean === '') throw new Fault('restore-target', 'the root directory cannot be the target of a restore')
  await refuseUsed(disk, clean)
  const parent = parentOf(clean)
  await disk.makeDir(parent, 0o755)
  const path = stagingPath(random, parent)
  if ((await disk.stat(path)) !== undefined) throw new Fault('restore-target', `${path} exists already`)
  // Where the state may not be written a restore goes on: only what a crash leaves is then not found again.
  const forget = await journal?.note(path).catch(() => undefined)
  await disk.makeDir(path, 0o700)
  return {
    path,
    async become(from = path) {
      await refuseUsed(disk, clean)
      // Empty, or not there. The output of a command becomes a file in its place.
      await disk.removeDir(clean)
      await disk.rename(from, clean)
      await disk.syncDir(parent)
    },
    async discard() {
      await removeTree(processes, path)
        .then(async () => ((await disk.stat(path)) === undefined ? await forget?.() : undefined))
        .catch(() => undefined)
    },
  }
}

async function refuseUsed(disk: Disk, target: string): Promise<void> {
  const found = await disk.stat(target)
  if (found === undefined) return
  if (found.kind !== 'directory') throw new Fault('restore-target', `${target} exists and is not a directory`)
  if ((await disk.list(target)).length > 0) throw new Fault('restore-target', `${target} is not empty`)
}

/**
 * Removes what restores left that ended without a word. Returns what was removed and what could not be. `isAlive` keeps it from those that
 * other processes are making.
 */
export async function sweepStaging(disk: Disk, processes: ProcessRunner, journal: StagingJournal, isAlive: (pid: number) => boolean): Promise<{ readonly removed: readonly string[]; readonly kept: readonly string[] }> {
  const removed: string[] = []
  const kept: string[] = []
  for (const { path, forget } of await journal.leftovers(isAlive)) {
    await removeTree(processes, path).catch(() => undefined)
    const isGone = (await disk.stat(path).catch(() => undefined)) === undefined
    if (isGone) await forget().catch(() => undefined)
    ;(isGone ? removed : kept).push(path)
  }
  return { removed, kept }
}

/** Through `rm`, which knows names that are not UTF-8. */
async function removeTree(processes: ProcessRunner, path: string): Promise<void> {
  const running = await processes.start({ argv: ['rm', '-rf', '--', path] })
  await running.stdin.end()
  await running.exit
}
