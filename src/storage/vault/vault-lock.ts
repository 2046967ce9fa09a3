// Who owns a vault: the file `lock`, which names the process. One that a dead process left is taken over; of two that try it at once one wins, because a file is renamed
// only once. Before every entry of the ledger the owner looks whether it still is.

import { readFile, type Disk } from '../../kernel/disk.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import type { Random } from '../../kernel/random.ts'
import { hexOf } from './packs/pack-writer.ts'
import type { VaultDirectory } from './vault-directory.ts'

const LOCK = 'lock'
const LOCK_BYTES_MAX = 4096

/** What the lock says of its owner, for people and for `isGone`. */
export interface LockOwner {
  readonly host: string
  readonly pid: number
  /** Tells a process from a later one of the same number: boot id and start time, as the caller knows them. */
  readonly process: string
  readonly sinceMs: number
}

export interface VaultLock {
  /** Rejects with `vault-locked` when somebody else has taken it. */
  stillOwned(): Promise<void>
  release(): Promise<void>
}

/** `isGone`: that process certainly runs no more. Rejects with `vault-locked`. */
export async function lockVault(directory: VaultDirectory, owner: LockOwner, isGone: (other: LockOwner) => boolean, random: Random): Promise<VaultLock> {
  const { disk } = directory
  const path = directory.path(LOCK)
  const text = JSON.stringify({ ...owner, token: hexOf(random.bytes(16)) })
  if (!(await create(disk, path, text))) {
    const held = await textOf(disk, path)
    const other = held === undefined ? undefined : parseOwner(held)
    if (held !== undefined && other !== 'torn' && (other === undefined || !isGone(other))) throw new Fault('vault-locked', other === undefined ? `${path} cannot be understood` : `the vault is used by process ${other.pid} on ${other.host}`, { context: { object: LOCK } })
    if (held !== undefined) await takeAway(disk, path, held, random)
    if (!(await create(disk, path, text))) throw new Fault('vault-locked', 'another process took the vault in this moment', { context: { object: LOCK } })
  }
  await directory.disk.syncDir(directory.root)
  const stillOwned = async (): Promise<void> => {
    if ((await textOf(disk, path)) !== text) throw new Fault('vault-locked', 'another process has taken the vault from this one', { context: { object: LOCK } })
  }
  // Two that found the lock of a dead process: only one of them is in the file now.
  await stillOwned()
  return {
    stillOwned,
    async release() {
      if ((await textOf(disk, path)) === text) await disk.remove(path)
    },
  }
}

async function create(disk: Disk, path: string, text: string): Promise<boolean> {
  try {
    await using file = await disk.open(path, 'create-new')
    await file.write([Buffer.from(text)], 0)
    await file.sync()
    return true
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Undefined: there is none. */
async function textOf(disk: Disk, path: string): Promise<string | undefined> {
  try {
    return (await readFile(disk, path, LOCK_BYTES_MAX)).toString('utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Only the lock that was read: one that came since goes back to where it was. */
async function takeAway(disk: Disk, path: string, held: string, random: Random): Promise<void> {
  const aside = `${path}.${hexOf(random.bytes(8))}`
  try {
    await disk.rename(path, aside)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return
    throw error
  }
  if ((await textOf(disk, aside)) === held) return disk.remove(aside)
  await disk.rename(aside, path)
  throw new Fault('vault-locked', 'another process took the vault in this moment', { context: { object: LOCK } })
}

/** An empty or torn lock is of a process that lost its power while it wrote it: nobody owns it. */
function parseOwner(text: string): LockOwner | 'torn' | undefined {
  try {
    const value = JSON.parse(text) as Partial<LockOwner> | null
    if (value === null || typeof value.host !== 'string' || typeof value.pid !== 'number' || typeof value.process !== 'string' || typeof value.sinceMs !== 'number') return undefined
    return { host: value.host, pid: value.pid, process: value.process, sinceMs: value.sinceMs }
  } catch {
    return 'torn'
  }
}
