// The directory a restore is made in: fresh, beside the target on the same file system, readable by nobody else until it becomes the
// target in one rename. So nothing that lies in the target before can be followed, and a restore that fails leaves no half target.

import { parentOf, type Disk } from '../kernel/disk.ts'
import { Fault } from '../kernel/fault.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import type { Random } from '../kernel/random.ts'

export interface Staging {
  readonly path: string
  /** Makes `path` (default: all of it) the target. Durable when it resolves. */
  become(path?: string): Promise<void>
  /** Removes what is left. Never rejects. */
  discard(): Promise<void>
}

/** Rejects with `restore-target` when the target is something other than missing or an empty directory. */
export async function openStaging(disk: Disk, processes: ProcessRunner, random: Random, target: string): Promise<Staging> {
  const clean = target.replace(/\/+$/, '')
  if (clean === '') throw new Fault('restore-target', 'the root directory cannot be the target of a restore')
  await refuseUsed(disk, clean)
  const parent = parentOf(clean)
  await disk.makeDir(parent, 0o755)
  const path = `${parent}/.holdfast-restore-${Buffer.from(random.bytes(8)).toString('hex')}`
  if ((await disk.stat(path)) !== undefined) throw new Fault('restore-target', `${path} exists already`)
  await disk.makeDir(path, 0o700)
  return {
    path,
    async become(from = path) {
      await refuseUsed(disk, clean)
      if ((await disk.stat(from))?.kind === 'directory') await disk.removeDir(clean)
      await disk.rename(from, clean)
      await disk.syncDir(parent)
    },
    discard: () => removeTree(processes, path).catch(() => undefined),
  }
}

async function refuseUsed(disk: Disk, target: string): Promise<void> {
  const found = await disk.stat(target)
  if (found === undefined) return
  if (found.kind !== 'directory') throw new Fault('restore-target', `${target} exists and is not a directory`)
  if ((await disk.list(target)).length > 0) throw new Fault('restore-target', `${target} is not empty`)
}

/** Through `rm`, which knows names that are not UTF-8. */
async function removeTree(processes: ProcessRunner, path: string): Promise<void> {
  const running = await processes.start({ argv: ['rm', '-rf', '--', path] })
  await running.stdin.end()
  await running.exit
}
